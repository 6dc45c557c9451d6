//! What the functions wrote, and what the platform says of them and of events.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;

/// Every line since the start.
#[derive(Clone)]
pub struct Log {
    lines: Arc<Mutex<Vec<LogLine>>>,
    followers: broadcast::Sender<LogLine>,
}

/// The name of the log stream of an instance that started at this time.
pub(crate) fn stream_name(started: Timestamp, instance: &str) -> String {
    format!("{}[$LATEST]{instance}", started.strftime("%Y/%m/%d/"))
}

/// One line of a function's standard output or standard error, or of the platform.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    /// The function's logical id, or `EventBridge`.
    pub function: String,
    /// The instance's id, or the bus's name.
    pub instance: String,
    /// When it was read.
    pub time: Timestamp,
    /// The line, without its end.
    pub line: String,
}

impl Log {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Self { lines: Arc::default(), followers: broadcast::Sender::new(1024) }
    }

    /// All lines so far, oldest first.
    pub fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lines from now on.
    pub fn follow(&self) -> broadcast::Receiver<LogLine> {
        self.followers.subscribe()
    }

    pub(crate) fn write(&self, function: &str, instance: &str, line: String) {
        let line =
            LogLine { function: function.to_owned(), instance: instance.to_owned(), time: Timestamp::now(), line };
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
        // Nobody following is no failure.
        let _ = self.followers.send(line);
    }

    /// The last `count` lines of an instance, one after the other.
    pub(crate) fn tail(&self, instance: &str, count: usize) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tail: Vec<&str> = lines
            .iter()
            .rev()
            .filter(|line| line.instance == instance)
            .take(count)
            .map(|line| line.line.as_str())
            .collect();
        tail.reverse();
        tail.join(" ").trim().to_owned()
    }
}
