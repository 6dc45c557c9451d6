//! The functions, started once in this process, and the AWS they share.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{LazyLock, Mutex as StdMutex, OnceLock},
    time::Duration,
};

use aws_sdk_sqs::types::Message;
use dashboard::Dashboard;
use download_document::DownloadDocument;
use mail_feedback::MailFeedback;
use portal_aws::store::Store;
use portal_domain::config::Environment;
use portal_local::{
    Options,
    aws::{Mail, REGION, SECRET_ACCESS_KEY},
};
use portal_tests::{Call, Fate, Portal, Proxy, edited};
use project_bookings::ProjectBookings;
use receive_events::ReceiveEvents;
use redeem_link::RedeemLink;
use request_link::RequestLink;
use send_mail::SendMail;
use serde_json::Value;
use sign_out::SignOut;
use tokio::{runtime::Runtime, sync::Mutex};

/// One for all tests: connections, of the functions as of the local stack, end with the runtime that opened them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

static STACK: LazyLock<Stack> = LazyLock::new(|| RUNTIME.block_on(Stack::start()));

/// What the environment of all functions together would be.
static ENVIRONMENT: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// What the functions have logged: lines of JSON.
static LOG: StdMutex<Vec<u8>> = StdMutex::new(Vec::new());

/// So often a network may ask for a link at once; it regains one every 20 minutes.
pub(crate) const OF_A_NETWORK: u32 = 3;

/// The functions, without queues that feed them: what lies on a queue stays there.
pub(crate) struct Stack {
    pub(crate) portal: Portal,
    pub(crate) store: Store,
    pub(crate) request_link: RequestLink,
    pub(crate) redeem_link: RedeemLink,
    pub(crate) sign_out: SignOut,
    pub(crate) dashboard: Dashboard,
    pub(crate) download_document: DownloadDocument,
    pub(crate) receive_events: ReceiveEvents,
    pub(crate) send_mail: SendMail,
    pub(crate) project_bookings: ProjectBookings,
    pub(crate) mail_feedback: MailFeedback,
    sqs: aws_sdk_sqs::Client,
    /// What was taken from the queues, with the name of the queue, and not yet asked for.
    taken: Mutex<Vec<(&'static str, Message)>>,
    _ses: Proxy,
}

/// Runs a test on the stack, which the first one starts.
pub(crate) fn on_the_stack(test: impl AsyncFnOnce(&'static Stack)) {
    let stack = &*STACK;
    RUNTIME.block_on(test(stack));
}

/// A variable of the functions' environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    ENVIRONMENT.get()?.get(name).cloned()
}

/// The lines of the log with this message that hold this text, each as its fields and its level.
pub(crate) fn logged(message: &str, text: &str) -> Vec<Value> {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let lines = log.lines().filter(|line| line.contains(text)).map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["fields"]["message"].as_str().unwrap().starts_with(message)).collect()
}

/// Keeps what is logged, and shows it where a test fails.
struct Log;

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        eprint!("{}", String::from_utf8_lossy(line));
        LOG.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stack {
    async fn start() -> Self {
        let log = tracing_subscriber::fmt().json().with_max_level(tracing_subscriber::filter::LevelFilter::INFO);
        log.with_writer(|| Log).init();
        // No binary is started, so it does not matter where they are.
        let batch = "BatchSize: 10\n";
        let (_folder, template) = edited(&[(batch, &format!("{batch}            Enabled: false\n"))]);
        let mut options = Options::new(template, PathBuf::new());
        let of_a_network = OF_A_NETWORK.to_string();
        for (name, value) in
            [("MailsPerSecond", "1000"), ("RequestsPerSource", &of_a_network), ("AcceptWebhooks", "true")]
        {
            options.parameters.insert(name.into(), value.into());
        }
        let portal = Portal::start(options).await;
        portal.stack.aws.dynamodb.set_latency(Duration::ZERO);
        let ses = Proxy::new(fate_of_a_mail).await;
        ses.leads_to(&portal.stack.aws.endpoints.ses);
        ENVIRONMENT.set(environment(&portal, &ses)).unwrap();
        let env = Environment::new(variable);
        Self {
            // First, for it leaves the fingerprint of the customer key.
            project_bookings: ProjectBookings::start(&env).await.unwrap(),
            request_link: RequestLink::start(&env).await.unwrap(),
            redeem_link: RedeemLink::start(&env).await.unwrap(),
            sign_out: SignOut::start(&env).await.unwrap(),
            dashboard: Dashboard::start(&env).await.unwrap(),
            download_document: DownloadDocument::start(&env).await.unwrap(),
            receive_events: ReceiveEvents::start(&env).await.unwrap(),
            send_mail: SendMail::start(&env).await.unwrap(),
            mail_feedback: MailFeedback::start(&env).await.unwrap(),
            store: portal.store().await,
            sqs: portal.sqs().await,
            taken: Mutex::default(),
            _ses: ses,
            portal,
        }
    }

    /// The messages that have come to a queue since it was last asked for them, and that hold this text.
    pub(crate) async fn messages(&self, queue: &'static str, text: &str) -> Vec<Message> {
        let mut taken = self.taken.lock().await;
        let url = self.portal.queue_url(queue);
        loop {
            let receive = self.sqs.receive_message().queue_url(&url).max_number_of_messages(10).wait_time_seconds(0);
            let received = receive.message_attribute_names("All").send().await.unwrap().messages.unwrap_or_default();
            if received.is_empty() {
                break;
            }
            for message in received {
                let handle = message.receipt_handle.as_ref().unwrap();
                self.sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
                taken.push((queue, message));
            }
        }
        let is_meant = |(of, message): &(&str, Message)| *of == queue && message.body().unwrap().contains(text);
        taken.extract_if(.., |entry| is_meant(entry)).map(|(_, message)| message).collect()
    }

    /// The mails to an address, oldest first.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.portal.stack.aws.ses.mails();
        mails.retain(|mail| mail.to == [address]);
        mails.reverse();
        mails
    }
}

/// How SES answers where an address begins with the first word.
pub(crate) const FATES_OF_MAILS: [(&str, u16, &str); 7] = [
    ("throttled", 429, "TooManyRequestsException"),
    ("failing", 500, "InternalServerError"),
    ("paused", 400, "SendingPausedException"),
    ("suspended", 403, "AccountSuspendedException"),
    ("unverified", 400, "MailFromDomainNotVerifiedException"),
    ("bad", 400, "BadRequestException"),
    ("rejected", 400, "MessageRejected"),
];

fn fate_of_a_mail(call: &mut Call) -> Fate {
    let to = call.input["Destination"]["ToAddresses"][0].as_str().unwrap_or_default();
    match FATES_OF_MAILS.iter().find(|(word, _, _)| to.starts_with(word)) {
        Some((_, status, code)) => Fate::Refuse(*status, code),
        None => Fate::Pass,
    }
}

/// What all functions of the template are given, and what Lambda gives them.
fn environment(portal: &Portal, ses: &Proxy) -> BTreeMap<String, String> {
    let endpoints = &portal.stack.aws.endpoints;
    let mut all = BTreeMap::from(
        [
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "handlers"),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
            ("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb),
            ("AWS_ENDPOINT_URL_S3", &endpoints.s3),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &endpoints.secrets),
            ("AWS_ENDPOINT_URL_SESV2", &ses.url),
            ("AWS_ENDPOINT_URL_SQS", &endpoints.sqs),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    for (name, value) in portal.stack.description.functions.iter().flat_map(|function| &function.environment) {
        let before = all.insert(name.clone(), value.clone());
        assert!(before.is_none_or(|before| before == *value), "{name} is not the same for all functions");
    }
    all
}
