//! Lambda: runs the functions' own binaries, one event at a time an instance, more instances under load.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::AbortHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

pub use crate::log::{Log, LogLine};
use crate::template::Function;

mod configuration;
mod error;
mod instance;
mod runtime_api;

pub(crate) use configuration::Configuration;
pub use error::InvokeError;
pub use runtime_api::MAXIMUM_PAYLOAD;

use error::ENDING;
use instance::{Delivery, Instance, Instances};

/// The most instances of one function, as long as nothing lower is asked for.
pub const MAXIMUM_INSTANCES: usize = 64;

/// How long Lambda lets init run before it starts to count it as part of the function's own time-out.
const INIT_ALLOWANCE: Duration = Duration::from_secs(10);

/// The functions, ready to be invoked.
#[derive(Clone)]
pub struct Lambda {
    inner: Arc<Inner>,
}

struct Inner {
    configuration: Configuration,
    pools: BTreeMap<String, Pool>,
    /// Host and port of the Runtime API.
    runtime_api: String,
    instances: Instances,
    invocations: Mutex<Vec<Invocation>>,
    log: Log,
    server: Mutex<Option<AbortHandle>>,
}

struct Pool {
    function: Function,
    capacity: Semaphore,
    /// The instance that worked last is taken first.
    idle: Mutex<Vec<Arc<Instance>>>,
}

/// An instance that runs now.
#[derive(Clone, Debug, Serialize)]
pub struct InstanceState {
    /// Its id.
    pub id: String,
    /// Its process.
    pub pid: Option<u32>,
    /// Whether it has an event in hand, or starts for one.
    pub busy: bool,
}

/// An instance that was started ahead of its first event.
#[derive(Clone, Copy, Debug)]
pub struct Provisioned {
    /// Its process.
    pub pid: Option<u32>,
    /// From the start of the process to its first question for an event.
    pub init: Duration,
}

/// An invocation that has ended.
#[derive(Clone, Debug, Serialize)]
pub struct Invocation {
    /// The function's logical id.
    pub function: String,
    /// The instance's id.
    pub instance: String,
    /// Lambda's request id.
    pub request_id: String,
    /// When the event was handed over.
    pub start: Timestamp,
    /// Whether the instance was started for it.
    pub cold: bool,
    /// From the start of the process to its first question for an event, where the instance was started for it.
    pub init_ms: Option<f64>,
    /// From handing over the event to the answer.
    pub duration_ms: f64,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

impl Lambda {
    /// Opens the Runtime API on 127.0.0.1. Instances start with the first event, and write to the log.
    pub(crate) async fn start(
        functions: &[Function],
        configuration: Configuration,
        log: Log,
    ) -> Result<Self, io::Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let pools = functions.iter().map(|function| {
            let most = configuration.maximum_instances.min(function.reserved_concurrency.unwrap_or(MAXIMUM_INSTANCES));
            let pool = Pool { function: function.clone(), capacity: Semaphore::new(most), idle: Mutex::default() };
            (function.logical_id.clone(), pool)
        });
        let inner = Arc::new(Inner {
            pools: pools.collect(),
            runtime_api: listener.local_addr()?.to_string(),
            configuration,
            instances: Instances::default(),
            invocations: Mutex::default(),
            log,
            server: Mutex::default(),
        });
        let server = tokio::spawn(runtime_api::serve(listener, inner.instances.clone()));
        *inner.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.abort_handle());
        Ok(Self { inner })
    }

    /// Another Lambda with the same folder of binaries and the same access keys, for these functions, with these
    /// variables besides their own.
    pub async fn beside(
        &self,
        functions: &[Function],
        environment: BTreeMap<String, String>,
    ) -> Result<Self, io::Error> {
        let configuration = Configuration { environment, ..self.inner.configuration.clone() };
        Self::start(functions, configuration, Log::new()).await
    }

    /// Starts an instance ahead of its first event, as provisioned concurrency does. The next event goes to it.
    pub async fn provision(&self, function: &str) -> Result<Provisioned, InvokeError> {
        let pool = self.inner.pools.get(function).ok_or_else(|| InvokeError::NotFound(function.to_owned()))?;
        let instance = self.inner.start_instance(pool).await?;
        let provisioned = Provisioned { pid: instance.pid, init: instance.init_duration().unwrap_or_default() };
        pool.idle().push(instance);
        Ok(provisioned)
    }

    /// Ends a function's idle instances, as Lambda does sooner or later, and waits until their processes are gone.
    pub async fn end_idle(&self, function: &str) {
        let Some(pool) = self.inner.pools.get(function) else { return };
        let idle = std::mem::take(&mut *pool.idle());
        idle.iter().for_each(|instance| instance.kill());
        for instance in idle {
            instance.ended().await;
        }
    }

    /// Invokes a function by its logical id and waits for its answer.
    ///
    /// Waits in order where all instances are busy. The invocation goes on when the caller stops waiting.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let (inner, function) = (Arc::clone(&self.inner), function.to_owned());
        match tokio::spawn(async move { inner.invoke(&function, payload).await }).await {
            Ok(answer) => answer,
            Err(error) => Err(InvokeError::Crashed(error.to_string())),
        }
    }

    /// The living instances of a function.
    pub fn instances(&self, function: &str) -> Vec<InstanceState> {
        let Some(pool) = self.inner.pools.get(function) else {
            return Vec::new();
        };
        let instances = self.inner.instances.lock();
        let idle = pool.idle();
        let of_function = instances.values().filter(|instance| instance.function == function);
        of_function
            .map(|instance| InstanceState {
                id: instance.id.clone(),
                pid: instance.pid,
                busy: !idle.iter().any(|other| other.id == instance.id),
            })
            .collect()
    }

    /// Every invocation that has ended, oldest first.
    pub fn invocations(&self) -> Vec<Invocation> {
        self.inner.invocations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the functions wrote.
    pub fn log(&self) -> &Log {
        &self.inner.log
    }

    /// Ends every instance and the Runtime API. No instance starts after that: whoever waits for a place, or comes later,
    /// is told that the local stack is ending.
    pub(crate) fn stop(&self) {
        for pool in self.inner.pools.values() {
            pool.capacity.close();
            pool.idle().clear();
        }
        for instance in std::mem::take(&mut *self.inner.instances.lock()).into_values() {
            instance.abandon();
        }
        if let Some(server) = self.inner.server.lock().unwrap_or_else(PoisonError::into_inner).take() {
            server.abort();
        }
    }
}

impl Inner {
    async fn invoke(self: &Arc<Self>, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let pool = self.pools.get(function).ok_or_else(|| InvokeError::NotFound(function.to_owned()))?;
        let Ok(_place) = pool.capacity.acquire().await else {
            return Err(InvokeError::InitFailed(ENDING.to_owned()));
        };
        loop {
            let idle = pool.idle().pop();
            let (instance, cold) = match idle {
                Some(instance) => (instance, false),
                None => (self.start_instance(pool).await?, true),
            };
            let (start, begun) = (Timestamp::now(), Instant::now());
            let request_id = Uuid::new_v4().to_string();
            let answer = match instance.deliver(&request_id, &pool.function, payload.clone()).await {
                // The process had ended while it was idle: the event has reached nobody.
                Delivery::NotTaken => continue,
                Delivery::Answered(answer) => answer,
            };
            let invocation = Invocation {
                function: function.to_owned(),
                instance: instance.id.clone(),
                request_id: request_id.clone(),
                start,
                cold,
                init_ms: if cold { instance.init_duration().map(milliseconds) } else { None },
                duration_ms: milliseconds(begun.elapsed()),
                error: answer.as_ref().err().map(ToString::to_string),
            };
            self.invocations.lock().unwrap_or_else(PoisonError::into_inner).push(invocation);
            match &answer {
                Err(error @ (InvokeError::TimedOut(_) | InvokeError::Crashed(_))) => {
                    self.log.write(function, &instance.id, format!("RequestId: {request_id} Error: {error}"));
                }
                _ if self.instances.lock().contains_key(&instance.id) => pool.idle().push(instance),
                _ => {}
            }
            return answer;
        }
    }

    async fn start_instance(self: &Arc<Self>, pool: &Pool) -> Result<Arc<Instance>, InvokeError> {
        sleep(self.configuration.delays.instance).await;
        let function = &pool.function;
        let id = Uuid::new_v4().simple().to_string();
        let failed = |message: String| {
            self.log.write(&function.logical_id, &id, message.clone());
            InvokeError::InitFailed(message)
        };
        let instance = self.start_process(pool, &id).map_err(failed)?;
        let allowance = INIT_ALLOWANCE + function.timeout;
        match timeout(allowance, instance.ready()).await {
            Ok(ready) => ready.map_err(failed)?,
            Err(_) => {
                instance.kill();
                return Err(failed(format!("Init timed out after {:.2} seconds", allowance.as_secs_f64())));
            }
        }
        Ok(instance)
    }

    fn start_process(self: &Arc<Self>, pool: &Pool, id: &str) -> Result<Arc<Instance>, String> {
        // Held until the instance is among the others: `stop` closes the pools first, then ends all that it finds here.
        let mut instances = self.instances.lock();
        if pool.capacity.is_closed() {
            return Err(ENDING.to_owned());
        }
        let inner = Arc::clone(self);
        let forget = move |instance: &Instance| inner.forget(instance);
        let instance = instance::start(&self.configuration, &self.runtime_api, &self.log, &pool.function, id, forget)?;
        instances.insert(id.to_owned(), Arc::clone(&instance));
        Ok(instance)
    }

    fn forget(&self, instance: &Instance) {
        self.instances.lock().remove(&instance.id);
        if let Some(pool) = self.pools.get(&instance.function) {
            pool.idle().retain(|other| other.id != instance.id);
        }
    }
}

impl Pool {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Instance>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
