//! Starts the emulator with what the portal brings.

use std::{collections::BTreeMap, io, path::PathBuf};

use sam_emulator::{Delays, Stack, lambda::MAXIMUM_INSTANCES, stack};
use tokio::net::TcpListener;

use crate::{demo, routes, webhook};

/// The local values of the template's parameters.
const LOCAL_PARAMETERS: &str = include_str!("../parameters");

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The SAM template.
    pub template: PathBuf,
    /// Values for the template's parameters, before the local ones and the defaults.
    pub parameters: BTreeMap<String, String>,
    /// The folder with the functions' binaries.
    pub functions_dir: PathBuf,
    /// The program, with its arguments, that runs binaries of another processor; nothing where this machine runs them.
    pub runner: Vec<String>,
    /// Variables every function gets besides the template's; `AWS_ENDPOINT_URL_*` here puts a proxy before a service.
    pub environment: BTreeMap<String, String>,
    /// The portal's port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The folder that keeps tables, objects and secrets; `None` forgets them.
    pub data: Option<PathBuf>,
    /// Whether an empty table is filled with demo data.
    pub demo: bool,
    /// The most instances of one function.
    pub maximum_instances: usize,
    /// How much longer AWS takes.
    pub delays: Delays,
}

impl Options {
    /// A stack in memory, on a free port, without demo data.
    pub fn new(template: impl Into<PathBuf>, functions_dir: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            parameters: BTreeMap::new(),
            functions_dir: functions_dir.into(),
            runner: Vec::new(),
            environment: BTreeMap::new(),
            port: 0,
            data: None,
            demo: false,
            maximum_instances: MAXIMUM_INSTANCES,
            delays: Delays::default(),
        }
    }
}

/// Why the portal did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Port {
        /// The port asked for.
        port: u16,
        /// What went wrong.
        source: io::Error,
    },
    /// The stack did not start.
    #[error(transparent)]
    Stack(#[from] stack::Error),
    /// The demo data could not be sent.
    #[error(transparent)]
    Demo(#[from] demo::Error),
    /// The table could not be looked into.
    #[error(transparent)]
    Aws(#[from] sam_emulator::aws::Error),
}

/// Starts the portal, and returns once requests are answered.
pub async fn start(options: Options) -> Result<Stack, Error> {
    let listen = |source| Error::Port { port: options.port, source };
    let socket = TcpListener::bind(("127.0.0.1", options.port)).await.map_err(listen)?;
    let url = stack::url(&socket).map_err(listen)?;
    let declared = stack::parameter_names(&options.template)?;
    let mut parameters: BTreeMap<String, String> = local_parameters(&url)
        .filter(|(name, _)| declared.iter().any(|declared| declared == name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    parameters.extend(options.parameters);
    let emulated = sam_emulator::Options {
        template: options.template,
        stack_name: "portal".to_owned(),
        parameters,
        functions_dir: options.functions_dir,
        runner: options.runner,
        environment: options.environment,
        data: options.data,
        maximum_instances: options.maximum_instances,
        delays: options.delays,
        routes: routes::router(if options.demo { &demo::CUSTOMERS } else { &[] }),
        endpoints: |running| webhook::endpoint(running).into_iter().collect(),
    };
    let stack = Stack::start(socket, emulated).await?;
    if options.demo {
        load_demo(&stack).await?;
    }
    Ok(stack)
}

fn local_parameters(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = LOCAL_PARAMETERS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).chain([("PortalUrl", url)])
}

async fn load_demo(stack: &Stack) -> Result<(), Error> {
    let (Some(table), Some(bucket)) = (stack.description.tables.first(), stack.description.buckets.first()) else {
        return Ok(());
    };
    if stack.aws.dynamodb.is_empty(&table.name)? {
        let demo = demo::demo(stack.started_at)?;
        demo::publish(&stack.aws, stack.description.event_bus(), &bucket.name, demo).await?;
    }
    Ok(())
}
