//! A check: what was looked at, how it is, and what to do.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use serde::{Serialize, Serializer};
use tokio::time::timeout;

use crate::terminal::{Failure, Mark};

/// How long AWS may take to answer one question, attempts included.
const LIMIT: Duration = Duration::from_secs(10);

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// `ok`, `not_checked`, `warning` or `failure`.
    pub(super) mark: Mark,
    /// What it is about, such as `SPF`.
    pub(super) what: String,
    /// What was found, or why it was not looked at.
    pub(super) found: String,
    /// What to do; null where there is nothing to do.
    pub(super) advice: Option<Advice>,
    /// Whether it was not checked because AWS did not answer.
    #[serde(skip)]
    pub(super) unanswered: bool,
}

impl Check {
    pub(super) fn ok(what: &str, found: impl Into<String>) -> Self {
        Self { mark: Mark::Ok, what: what.to_owned(), found: found.into(), advice: None, unanswered: false }
    }

    pub(super) fn warning(what: &str, found: impl Into<String>, advice: Advice) -> Self {
        Self { mark: Mark::Warning, advice: Some(advice), ..Self::ok(what, found) }
    }

    pub(super) fn failure(what: &str, found: impl Into<String>, advice: Advice) -> Self {
        Self { mark: Mark::Failure, advice: Some(advice), ..Self::ok(what, found) }
    }

    /// A check whose question got no answer.
    pub(super) fn not_checked(what: &str, why: &Failure) -> Self {
        Self { mark: Mark::NotChecked, unanswered: why.is_silence(), ..Self::ok(what, why.in_short()) }
    }

    /// What came of a check, whether its question was answered or not.
    pub(super) fn of(what: &str, result: Result<Self, Failure>) -> Self {
        result.unwrap_or_else(|failure| Self::not_checked(what, &failure))
    }
}

/// What to do, and the command or the record that does it.
#[derive(Debug)]
pub(super) struct Advice {
    pub(super) words: String,
    /// As one types it into a shell, or into a zone.
    pub(super) remedy: String,
}

impl Advice {
    pub(super) fn new(words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { words: words.into(), remedy: remedy.into() }
    }

    /// A deployment mends what is not as the template says.
    pub(super) fn deploy(words: impl Into<String>) -> Self {
        Self::new(words, "sam build && sam deploy")
    }
}

impl Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.words, self.remedy)
    }
}

impl Serialize for Advice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What comes of a question, of which none keeps the others waiting for long.
pub(super) async fn in_time<T>(action: &str, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| Err(Failure::of_code(action, "time-out")))
}

/// What AWS answers, if it has what was asked for.
pub(super) async fn answer<T, E, R>(
    action: &str,
    call: impl Future<Output = Result<T, SdkError<E, R>>>,
) -> Result<Option<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: fmt::Debug + 'static,
{
    let answer = async {
        let error = match call.await {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        match error.code() {
            // As SNS, SES, and then Lambda, EventBridge, ACM and the logs say it, and SQS in its older and newer protocol.
            Some(
                "NotFound"
                | "NotFoundException"
                | "ResourceNotFoundException"
                | "AWS.SimpleQueueService.NonExistentQueue"
                | "QueueDoesNotExist",
            ) => Ok(None),
            Some("InvalidAction" | "UnknownOperationException") => {
                Err(Failure::new(format!("{action} is not answered here"), "Ask a stack on AWS: leave --local out."))
            }
            _ => Err(Failure::of_call(action, &error)),
        }
    };
    in_time(action, answer).await
}

/// What AWS answers about something that must be there.
pub(super) async fn required<T, E, R>(
    action: &str,
    call: impl Future<Output = Result<T, SdkError<E, R>>>,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: fmt::Debug + 'static,
{
    answer(action, call)
        .await?
        .ok_or_else(|| Failure::new(format!("{action} finds nothing"), "Deploy the current template."))
}
