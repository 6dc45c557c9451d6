//! One instance: a process of a function's binary, from its start to its end.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::body::Bytes;
use jiff::Timestamp;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::{Notify, mpsc, oneshot, watch},
    task::{AbortHandle, JoinHandle},
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    configuration::Configuration,
    error::{ENDING, InvokeError},
};
use crate::{
    aws::{ACCOUNT, Callers, REGION, SECRET_ACCESS_KEY},
    log::{Log, stream_name},
    template::Function,
};

/// Lines of the log that an error about a process which never came up shows.
const LINES_SHOWN: usize = 10;

/// How long a dead process's last lines are waited for: something it started may hold its output open.
const LAST_LINES: Duration = Duration::from_millis(200);

/// A process that handles one event at a time.
pub(super) struct Instance {
    pub(super) id: String,
    /// The function's logical id.
    pub(super) function: String,
    pub(super) pid: Option<u32>,
    access_key_id: String,
    callers: Callers,
    started: Instant,
    init_duration: OnceLock<Duration>,
    init_error: OnceLock<String>,
    phase: watch::Sender<Phase>,
    give: mpsc::Sender<Event>,
    take: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    in_hand: Mutex<Option<InHand>>,
    kill: Notify,
    watcher: OnceLock<AbortHandle>,
}

/// Every living instance by its id.
#[derive(Clone, Default)]
pub(super) struct Instances(Arc<Mutex<BTreeMap<String, Arc<Instance>>>>);

/// An event on its way to an instance.
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) function_arn: String,
    /// When the time-out ends, in milliseconds since 1970.
    pub(super) deadline_ms: u128,
    answer: oneshot::Sender<Result<Bytes, InvokeError>>,
}

/// What became of an event.
pub(super) enum Delivery {
    Answered(Result<Bytes, InvokeError>),
    /// The process ended before it asked for the event.
    NotTaken,
}

struct InHand {
    request_id: String,
    answer: oneshot::Sender<Result<Bytes, InvokeError>>,
}

#[derive(Clone)]
enum Phase {
    Starting,
    Ready,
    Ended(String),
}

/// Starts a process and watches over it; once it has ended, `forget` is called, and then whoever waits is told.
pub(super) fn start(
    configuration: &Configuration,
    runtime_api: &str,
    log: &Log,
    function: &Function,
    id: &str,
    forget: impl FnOnce(&Instance) + Send + 'static,
) -> Result<Arc<Instance>, String> {
    let access_key_id = format!("ASIA{}", &Uuid::new_v4().simple().to_string().to_uppercase()[..16]);
    configuration
        .callers
        .register(&access_key_id, &function.logical_id, &function.policy)
        .map_err(|error| error.to_string())?;
    let executable = configuration.functions_dir.join(&function.binary);
    let started = Instant::now();
    let mut child = command(configuration, runtime_api, function, &executable, id, &access_key_id)
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", executable.display()))?;

    let (give, take) = mpsc::channel(1);
    let instance = Arc::new(Instance {
        id: id.to_owned(),
        function: function.logical_id.clone(),
        pid: child.id(),
        access_key_id,
        callers: configuration.callers.clone(),
        started,
        init_duration: OnceLock::new(),
        init_error: OnceLock::new(),
        phase: watch::Sender::new(Phase::Starting),
        give,
        take: tokio::sync::Mutex::new(take),
        in_hand: Mutex::default(),
        kill: Notify::new(),
        watcher: OnceLock::new(),
    });
    let readers = [
        child.stdout.take().map(|stdout| read_lines(log, &instance, stdout)),
        child.stderr.take().map(|stderr| read_lines(log, &instance, stderr)),
    ];
    let watcher = tokio::spawn(watch_over(Arc::clone(&instance), child, readers, log.clone(), forget));
    // Set once: the cell is new.
    let _ = instance.watcher.set(watcher.abort_handle());
    Ok(instance)
}

impl Instances {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Instance>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instance {
    /// Waits until the process asks for its first event, or fails where it ends before.
    pub(super) async fn ready(&self) -> Result<(), String> {
        let mut phase = self.phase.subscribe();
        let reached = phase.wait_for(|phase| !matches!(phase, Phase::Starting)).await;
        match reached.as_deref() {
            Ok(Phase::Ended(reason)) => Err(reason.clone()),
            _ => Ok(()),
        }
    }

    /// Hands over an event and waits for its answer, for the function's time-out or for the end of the process.
    pub(super) async fn deliver(&self, request_id: &str, function: &Function, payload: Bytes) -> Delivery {
        let (answer, mut answered) = oneshot::channel();
        let deadline = SystemTime::now() + function.timeout;
        let event = Event {
            request_id: request_id.to_owned(),
            payload,
            function_arn: function_arn(&function.name),
            deadline_ms: deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis(),
            answer,
        };
        if self.give.send(event).await.is_err() {
            return Delivery::NotTaken;
        }
        tokio::select! {
            biased;
            answer = &mut answered => Delivery::Answered(match answer {
                Ok(answer) => answer,
                Err(_) => Err(InvokeError::Crashed(self.ended().await)),
            }),
            reason = self.ended() => match self.withdraw() {
                true => Delivery::NotTaken,
                // The answer may have come just before the process ended.
                false => Delivery::Answered(answered.try_recv().unwrap_or(Err(InvokeError::Crashed(reason)))),
            },
            () = sleep(function.timeout) => {
                self.kill();
                Delivery::Answered(Err(InvokeError::TimedOut(function.timeout)))
            }
        }
    }

    /// The next event, for the process that asks for it.
    pub(super) async fn next(&self) -> Option<Event> {
        self.phase.send_if_modified(|phase| {
            let starting = matches!(phase, Phase::Starting);
            if starting {
                // Set once: only the first question finds the process starting.
                let _ = self.init_duration.set(self.started.elapsed());
                *phase = Phase::Ready;
            }
            starting
        });
        let mut event = self.take.lock().await.recv().await?;
        self.callers.set_request(&self.access_key_id, Some(&event.request_id));
        let (unused, _) = oneshot::channel();
        let answer = std::mem::replace(&mut event.answer, unused);
        *self.in_hand() = Some(InHand { request_id: event.request_id.clone(), answer });
        Some(event)
    }

    /// Takes the answer to the event in hand; false where the request id is not the one in hand.
    pub(super) fn answer(&self, request_id: &str, answer: Result<Bytes, InvokeError>) -> bool {
        let in_hand = self.in_hand().take_if(|in_hand| in_hand.request_id == request_id);
        let Some(in_hand) = in_hand else { return false };
        self.callers.set_request(&self.access_key_id, None);
        // Whoever asked may have stopped waiting.
        let _ = in_hand.answer.send(answer);
        true
    }

    /// Notes what the process says about its failed init; it ends by itself.
    pub(super) fn init_failed(&self, message: String) {
        let _ = self.init_error.set(message);
    }

    /// How long init took, once it is over.
    pub(super) fn init_duration(&self) -> Option<Duration> {
        self.init_duration.get().copied()
    }

    /// Ends the process.
    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    /// Ends the process and stops watching over it.
    pub(super) fn abandon(&self) {
        if let Some(watcher) = self.watcher.get() {
            watcher.abort();
        }
    }

    /// Waits for the end of the process, and says how it ended.
    pub(super) async fn ended(&self) -> String {
        let mut phase = self.phase.subscribe();
        match phase.wait_for(|phase| matches!(phase, Phase::Ended(_))).await.as_deref() {
            Ok(Phase::Ended(reason)) => reason.clone(),
            _ => ENDING.to_owned(),
        }
    }

    /// Takes back an event that the process never asked for.
    fn withdraw(&self) -> bool {
        self.take.try_lock().is_ok_and(|mut events| events.try_recv().is_ok())
    }

    fn in_hand(&self) -> MutexGuard<'_, Option<InHand>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn command(
    configuration: &Configuration,
    runtime_api: &str,
    function: &Function,
    executable: &Path,
    instance: &str,
    access_key_id: &str,
) -> Command {
    let folder = &configuration.functions_dir;
    let mut command = match configuration.runner.as_slice() {
        [] => Command::new(executable),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(executable);
            command
        }
    };
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        // A Ctrl-C at the terminal is for the local stack, which then ends its instances.
        .process_group(0)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(&function.environment)
        .envs(&configuration.environment)
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
        .env("AWS_ACCESS_KEY_ID", access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_SESSION_TOKEN", format!("session-of-{access_key_id}"))
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string())
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", &function.log_group)
        .env("AWS_LAMBDA_LOG_STREAM_NAME", stream_name(Timestamp::now(), instance))
        .env("AWS_LAMBDA_LOG_FORMAT", &function.log_format)
        .envs(function.log_level.iter().map(|level| ("AWS_LAMBDA_LOG_LEVEL", level)))
        // Lambda gives host and port only; the path tells the instances of the one listener apart.
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://{runtime_api}/{instance}"))
        .env("LAMBDA_TASK_ROOT", folder)
        .env("_HANDLER", &function.handler)
        .env("LANG", "en_US.UTF-8")
        .env("TZ", ":UTC");
    command
}

async fn watch_over(
    instance: Arc<Instance>,
    mut child: Child,
    readers: [Option<JoinHandle<()>>; 2],
    log: Log,
    forget: impl FnOnce(&Instance),
) {
    let exit = tokio::select! {
        exit = child.wait() => exit,
        () = instance.kill.notified() => {
            // It may have ended by itself just now.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    forget(&instance);
    for reader in readers.into_iter().flatten() {
        let _ = timeout(LAST_LINES, reader).await;
    }
    let exit = exit.map_or_else(|error| error.to_string(), |status: ExitStatus| status.to_string());
    let never_ready = instance.init_duration.get().is_none();
    let reason = match instance.init_error.get() {
        Some(message) => message.clone(),
        None if never_ready => {
            let lines = log.tail(&instance.id, LINES_SHOWN);
            format!("{} ended during init ({exit}) {lines}", instance.function).trim_end().to_owned()
        }
        None => exit,
    };
    instance.phase.send_replace(Phase::Ended(reason));
    instance.callers.set_request(&instance.access_key_id, None);
    // Dropping its sender tells whoever waits for the answer.
    instance.in_hand().take();
}

fn read_lines(log: &Log, instance: &Instance, output: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<()> {
    let (log, function, id) = (log.clone(), instance.function.clone(), instance.id.clone());
    tokio::spawn(async move {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            log.write(&function, &id, String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned());
            line.clear();
        }
    })
}

/// The ARN of a function.
fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}
