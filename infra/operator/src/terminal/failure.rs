//! Why a command could not do what was asked, and what to do about it.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use portal_aws::{
    documents,
    sdk::{CallFailed, error_code},
    store,
};

/// Why a command could not do what was asked, and what to do about it. Both are without addresses: of AWS's answers they hold
/// the code, never the message, which can quote what was sent.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{problem}\n{advice}")]
pub(crate) struct Failure {
    problem: String,
    advice: String,
    /// What the caller's credentials do not allow, if it is that.
    denied: Option<String>,
    /// Whether AWS did not answer at all.
    is_silence: bool,
}

/// An error and what caused it, on one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |cause| (*cause).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

const SIGN_IN: &str = "Sign in (aws sso login), or name a profile that works: AWS_PROFILE=name portal …. \
     Who you are: aws sts get-caller-identity";

impl Failure {
    pub(crate) fn new(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { problem: problem.into(), advice: advice.into(), denied: None, is_silence: false }
    }

    /// In a few words, for a line among others.
    pub(crate) fn in_short(&self) -> String {
        match &self.denied {
            Some(action) => format!("your credentials do not allow {action}"),
            None => self.problem.clone(),
        }
    }

    /// Whether AWS did not answer at all.
    pub(crate) fn is_silence(&self) -> bool {
        self.is_silence
    }

    /// This machine does not do something.
    pub(crate) fn cannot(what: &str, error: &dyn Error) -> Self {
        Self::new(format!("cannot {what}: {error}"), "Look at this machine: disk, terminal, pipe.")
    }

    /// AWS did not do what was asked, such as `sqs:ReceiveMessage`.
    pub(crate) fn of_call<E, R>(action: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
        if causes.any(<dyn Error>::is::<CredentialsError>) {
            return Self::new("there are no AWS credentials", SIGN_IN);
        }
        Self::of_code(action, &error_code(error))
    }

    /// AWS, or the table, did not do what was asked; by the code of the error.
    pub(crate) fn of_code(action: &str, code: &str) -> Self {
        let is_denied =
            matches!(code, "AccessDenied" | "AccessDeniedException" | "AccessDeniedFault" | "AuthorizationError");
        let advice = match code {
            _ if is_denied => format!(
                "Your credentials do not allow {action} here. The stack's managed policies for operators allow it \
                 (OperatorPolicies=true): see infra/operating/README.md, \"Who may do what\"."
            ),
            "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch" => SIGN_IN.to_owned(),
            "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "ProvisionedThroughputExceededException" => "AWS asks for a pause: try again in a minute.".to_owned(),
            "no connection" | "time-out" | "time-out while connecting" => {
                "Look whether this machine reaches AWS, and whether AWS_REGION is a region; with --local, whether the local \
                 stack still runs."
                    .to_owned()
            }
            _ => format!("Look whether your credentials are valid (aws sts get-caller-identity) and allow {action}."),
        };
        let denied = is_denied.then(|| action.to_owned());
        let is_silence = matches!(code, "no connection" | "time-out" | "time-out while connecting");
        Self { denied, is_silence, ..Self::new(format!("{action} failed: {code}"), advice) }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::Call(CallFailed { action, code }) => Self::of_code(&format!("dynamodb:{action}"), code),
            _ => Self::new(format!("the table: {}", chain(&error)), "Run the command again; it changes nothing twice."),
        }
    }
}

impl From<documents::Error> for Failure {
    fn from(error: documents::Error) -> Self {
        match &error {
            documents::Error::Call(CallFailed { action, code }) => Self::of_code(&format!("s3:{action}"), code),
            _ => {
                Self::new(format!("the bucket: {}", chain(&error)), "Run the command again; it changes nothing twice.")
            }
        }
    }
}
