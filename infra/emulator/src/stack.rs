//! The whole stack: AWS's services, the functions, the queues that feed them and the HTTP API, put together.

use std::{
    collections::BTreeMap,
    env, fs, io,
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Extension, Router};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    aws::{self, Aws, DEFAULT_BUS, DeployedStack, Endpoints, Need, Sqs},
    delays::Delays,
    event_sources,
    gateway::{self, Gateway},
    lambda::{Configuration, Lambda, MAXIMUM_INSTANCES},
    local_routes, queue_policies,
    running::Running,
    template::{self, Description, Surroundings, TemplateError},
};

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The SAM template.
    pub template: PathBuf,
    /// The stack's name, with which the names of its resources begin.
    pub stack_name: String,
    /// Values for the template's parameters, before their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The folder with the functions' binaries.
    pub functions_dir: PathBuf,
    /// The program, with its arguments, that runs binaries of another processor; nothing where this machine runs them.
    pub runner: Vec<String>,
    /// Variables every function gets besides the template's; `AWS_ENDPOINT_URL_*` here puts a proxy before a service.
    pub environment: BTreeMap<String, String>,
    /// The folder that keeps tables, objects and secrets; `None` forgets them.
    pub data: Option<PathBuf>,
    /// The most instances of one function.
    pub maximum_instances: usize,
    /// How much longer AWS takes; nothing unless it is set.
    pub delays: Delays,
    /// Routes below `/_local/` besides the emulator's own. Each request of theirs has [`Running`] as an extension.
    pub routes: Router,
    /// What `/_local/endpoints` tells besides the emulator's own.
    pub endpoints: fn(&Running) -> Map<String, Value>,
}

impl Options {
    /// A stack in memory, with the name `local` and no routes of its own.
    pub fn new(template: impl Into<PathBuf>, functions_dir: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            stack_name: "local".to_owned(),
            parameters: BTreeMap::new(),
            functions_dir: functions_dir.into(),
            runner: Vec::new(),
            environment: BTreeMap::new(),
            data: None,
            maximum_instances: MAXIMUM_INSTANCES,
            delays: Delays::default(),
            routes: Router::new(),
            endpoints: |_| Map::new(),
        }
    }
}

/// A running stack. Dropping it ends its listeners and every process it started.
pub struct Stack {
    running: Running,
    _tasks: JoinSet<()>,
}

/// Why the stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The template.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The template cannot be run.
    #[error("{}: {source}", path.display())]
    Template {
        /// The template.
        path: PathBuf,
        /// What is wrong, and on which line.
        source: TemplateError,
    },
    /// The socket has no address.
    #[error("the socket has no address: {0}")]
    Socket(io::Error),
    /// The folder that a relative path begins in is gone.
    #[error("there is no current folder: {0}")]
    CurrentDir(io::Error),
    /// Lambda's Runtime API cannot listen.
    #[error("the Runtime API cannot listen: {0}")]
    RuntimeApi(io::Error),
    /// A service or a resource could not be made.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// AWS would refuse this event source.
    #[error(
        "{function}: the queue {queue} hides messages for {visibility} s, less than the function's time-out of {timeout} s"
    )]
    VisibilityTimeout {
        /// The function.
        function: String,
        /// Its queue.
        queue: String,
        /// The queue's visibility time-out in seconds.
        visibility: u64,
        /// The function's time-out in seconds.
        timeout: u64,
    },
    /// AWS would refuse this event source: Lambda's pollers work in the name of the function's role.
    #[error("{function}: its role does not allow {action} on {resource}, which its event source needs")]
    Poller {
        /// The function.
        function: String,
        /// The action.
        action: String,
        /// The queue's ARN.
        resource: String,
    },
    /// A queue's policy is not understood, or AWS would not let a rule deliver to its queue.
    #[error(transparent)]
    QueuePolicy(#[from] queue_policies::Error),
}

impl Stack {
    /// Starts everything the template describes, and returns once requests to the socket are answered.
    pub async fn start(socket: TcpListener, options: Options) -> Result<Self, Error> {
        let url = url(&socket).map_err(Error::Socket)?;
        let port = socket.local_addr().map_err(Error::Socket)?.port();
        let started_at = Timestamp::now();

        let aws = Aws::start(options.data.as_deref()).await?;
        let mut description = describe(&options, &url, &aws)?;
        create(&aws, &description, &options.stack_name, started_at).await?;
        resolve_secrets(&aws, &mut description)?;
        queue_policies::check(&description)?;
        check_queues(&aws, &description)?;

        let configuration = Configuration {
            // Each function starts in that folder, where a relative path would lead elsewhere.
            functions_dir: env::current_dir().map_err(Error::CurrentDir)?.join(options.functions_dir),
            runner: options.runner,
            maximum_instances: options.maximum_instances,
            environment: endpoint_variables(&aws.endpoints).into_iter().chain(options.environment).collect(),
            callers: aws.callers.clone(),
            delays: options.delays,
        };
        let lambda = Lambda::start(&description.functions, configuration, aws.log.clone()).await;
        let lambda = lambda.map_err(Error::RuntimeApi)?;
        let mut tasks = JoinSet::new();
        for function in &description.functions {
            for source in function.queues.iter().filter(|source| source.enabled) {
                let (source, function) = (source.clone(), function.logical_id.clone());
                let (sqs, delay) = (aws.sqs.clone(), options.delays.event_source);
                tasks.spawn(event_sources::poll(source, function, sqs, lambda.clone(), delay));
            }
        }
        let gateway = Gateway::new(&description, lambda.clone(), port);
        let description = Arc::new(description);
        let running = Running { aws, lambda, description, stack_name: options.stack_name, started_at, url };
        let routes = options.routes.layer(Extension(running.clone())).with_state(());
        let local = local_routes::router(running.clone(), options.endpoints).merge(routes);
        tasks.spawn(gateway::serve(socket, gateway, local));
        Ok(Self { running, _tasks: tasks })
    }
}

impl Deref for Stack {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.lambda.stop();
    }
}

/// The origin of an API behind a socket.
pub fn url(socket: &TcpListener) -> io::Result<String> {
    Ok(format!("http://localhost:{}", socket.local_addr()?.port()))
}

/// The names of a template's parameters.
pub fn parameter_names(template: &Path) -> Result<Vec<String>, Error> {
    template::parameter_names(&read(template)?).map_err(|source| Error::Template { path: template.into(), source })
}

fn read(template: &Path) -> Result<String, Error> {
    fs::read_to_string(template).map_err(|source| Error::Unreadable { path: template.into(), source })
}

fn describe(options: &Options, url: &str, aws: &Aws) -> Result<Description, Error> {
    let surroundings = Surroundings {
        stack_name: options.stack_name.clone(),
        sqs_endpoint: aws.endpoints.sqs.clone(),
        api_endpoint: url.to_owned(),
    };
    let described = template::read(&read(&options.template)?, &options.parameters, &surroundings);
    described.map_err(|source| Error::Template { path: options.template.clone(), source })
}

async fn create(aws: &Aws, description: &Description, stack_name: &str, now: Timestamp) -> Result<(), aws::Error> {
    for table in &description.tables {
        aws.dynamodb.create_table(&table.name, &table.properties).await?;
    }
    for bucket in &description.buckets {
        aws.s3.create_bucket(&bucket.name, &bucket.properties)?;
    }
    for secret in &description.secrets {
        aws.secrets.create_secret(&secret.name, &secret.properties)?;
    }
    aws.cloudformation.create_stack(DeployedStack {
        name: stack_name.to_owned(),
        created_at: now,
        parameters: description.parameters.clone(),
        outputs: description.outputs.clone(),
        resources: description.resources.clone(),
    });
    for queue in &description.queues {
        aws.sqs.create_queue(&queue.name, &queue.properties)?;
    }
    for bus in &description.buses {
        aws.events.create_bus(&bus.name, &bus.properties)?;
    }
    for rule in &description.rules {
        // The operator's own bus, which the template only names.
        let bus = rule.bus();
        if bus != DEFAULT_BUS && !description.buses.iter().any(|made| made.name == bus) {
            aws.events.create_bus(bus, &json!({}))?;
        }
        aws.events.put_rule(&rule.name, &rule.properties)?;
    }
    for identity in &description.identities {
        aws.ses.create_identity(&identity.name, &identity.properties)?;
    }
    for configuration_set in &description.configuration_sets {
        aws.ses.create_configuration_set(&configuration_set.name, &configuration_set.properties)?;
    }
    for destination in &description.event_destinations {
        aws.ses.create_event_destination(&destination.logical_id, &destination.properties)?;
    }
    for topic in description.not_run("AWS::SNS::Topic") {
        aws.sns.create_topic(&topic.name, &topic.properties)?;
    }
    for subscription in description.not_run("AWS::SNS::Subscription") {
        aws.sns.create_subscription(&subscription.logical_id, &subscription.properties)?;
    }
    for alarm in description.not_run("AWS::CloudWatch::Alarm") {
        aws.cloudwatch.put_metric_alarm(&alarm.name, &alarm.properties);
    }
    for alarm in description.not_run("AWS::CloudWatch::CompositeAlarm") {
        aws.cloudwatch.put_composite_alarm(&alarm.name, &alarm.properties);
    }
    for group in description.not_run("AWS::Logs::LogGroup") {
        aws.logs.create_log_group(&group.name);
    }
    for function in &description.functions {
        aws.logs.collect(&function.logical_id, &function.log_group);
    }
    // A policy that is not understood stops the start, not the first event.
    for function in &description.functions {
        aws.callers.register(&function.name, &function.logical_id, &function.policy)?;
        aws.callers.remove(&function.name);
    }
    Ok(())
}

/// Replaces the dynamic references in the functions' variables, as CloudFormation does when it deploys.
fn resolve_secrets(aws: &Aws, description: &mut Description) -> Result<(), aws::Error> {
    for function in &mut description.functions {
        for value in function.environment.values_mut() {
            *value = aws.secrets.resolve(value)?;
        }
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions>
pub fn poller_needs(queue: &str) -> [Need; 3] {
    ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]
        .map(|action| Need::new(format!("sqs:{action}"), Sqs::queue_arn(queue)))
}

/// Lambda refuses a queue whose messages would come back while the function still works on them.
fn check_queues(aws: &Aws, description: &Description) -> Result<(), Error> {
    for function in &description.functions {
        for source in &function.queues {
            let (visibility, timeout) = (aws.sqs.visibility_timeout(&source.queue), function.timeout.as_secs());
            if visibility < timeout {
                let (function, queue) = (function.logical_id.clone(), source.queue.clone());
                return Err(Error::VisibilityTimeout { function, queue, visibility, timeout });
            }
            // Without a role of the template's own, SAM adds AWSLambdaSQSQueueExecutionRole to the one it makes.
            if function.role.is_some() {
                let needs = poller_needs(&source.queue);
                if let Some(Need { action, resource, .. }) = aws::refused(&function.policy, &needs)?.first() {
                    let (action, resource) = (action.clone(), resource.clone());
                    return Err(Error::Poller { function: function.logical_id.clone(), action, resource });
                }
            }
        }
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn endpoint_variables(endpoints: &Endpoints) -> BTreeMap<String, String> {
    let variables = [
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb),
        ("AWS_ENDPOINT_URL_S3", &endpoints.s3),
        ("AWS_ENDPOINT_URL_SESV2", &endpoints.ses),
        ("AWS_ENDPOINT_URL_SQS", &endpoints.sqs),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", &endpoints.events),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &endpoints.secrets),
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", &endpoints.cloudformation),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", &endpoints.cloudwatch),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &endpoints.logs),
        ("AWS_ENDPOINT_URL_SNS", &endpoints.sns),
    ];
    variables.map(|(name, url)| (name.to_owned(), url.clone())).into()
}
