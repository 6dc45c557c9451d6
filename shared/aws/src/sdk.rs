//! How a function talks to AWS: region and credentials from Lambda's environment, one lean TLS stack, no endless waits.

use std::{fs, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    config::{Credentials, SharedCredentialsProvider},
    error::{ProvideErrorMetadata, SdkError},
};
use aws_sdk_sesv2::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnectorSettings, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use futures_util::FutureExt;
use lambda_runtime::Error;
use portal_domain::config::{BadConfiguration, Environment};

/// The roots that AWS's certificates chain to, as PEM. A system's own list of roots takes longer to read than all else
/// at a function's start.
pub const ROOTS: &str = include_str!(concat!(env!("OUT_DIR"), "/roots.pem"));

/// What every SDK client of a function is built from.
///
/// Put together here, for what `aws_config::load_defaults` would look through besides (profiles, STS, SSO, the metadata
/// of EC2 and ECS) is nothing that Lambda has, and a good part of each package.
pub fn config(env: &Environment) -> Result<SdkConfig, Error> {
    let http = http_client(env, IDLE)?;
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env.text("AWS_REGION", "a region such as us-east-1, as Lambda sets it")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials(env)?))
        .service_config(Endpoints(*env))
        .http_client(http)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(2))
                .operation_timeout(Duration::from_secs(5))
                .build(),
        )
        .build())
}

/// How long a connection that nobody uses may be used again, as hyper has it.
const IDLE: Duration = Duration::from_secs(90);

/// A client that uses a connection again unless that has been idle for longer than this.
///
/// Between two events an instance is frozen, and what the other end closes meanwhile may look open still: a call on it is
/// answered by nobody and costs its time-out.
pub(crate) fn http_client(env: &Environment, idle: Duration) -> Result<SharedHttpClient, Error> {
    let tls = TlsContext::builder().with_trust_store(trusted(env)?).build()?;
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls);
    Ok(SharedHttpClient::new(Unrehearsed(client.pool_idle_timeout(idle).build_https())))
}

/// A client that makes its connector when that is first used. By itself it makes one more for each client of a service, to see
/// whether it can, and throws that away: a tenth of a function's start.
#[derive(Debug)]
struct Unrehearsed(SharedHttpClient);

impl HttpClient for Unrehearsed {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }
}

/// The access key of the function's role, as Lambda sets it in the environment of each instance (Developer Guide, "Defined
/// runtime environment variables"). It is read once: an instance is a process, and nobody changes the environment of a
/// process that runs. (SnapStart, which restores processes, keeps credentials elsewhere; no function has it.)
fn credentials(env: &Environment) -> Result<Credentials, BadConfiguration> {
    let mut credentials = Credentials::builder()
        .provider_name("Lambda")
        .access_key_id(env.text("AWS_ACCESS_KEY_ID", "the id of an access key, as Lambda sets it")?)
        .secret_access_key(env.text("AWS_SECRET_ACCESS_KEY", "the secret of that access key, as Lambda sets it")?);
    credentials.set_session_token(env.given("AWS_SESSION_TOKEN"));
    Ok(credentials.build())
}

/// `AWS_CA_BUNDLE` names a file of certificates that are trusted in place of [`ROOTS`] (AWS SDKs and Tools Reference
/// Guide, "General configuration settings").
#[expect(clippy::disallowed_methods, reason = "the one file that is read, once")]
fn trusted(env: &Environment) -> Result<TrustStore, BadConfiguration> {
    const EXPECTED: &str = "the path of a file of PEM certificates, or nothing";
    let roots = match env.given("AWS_CA_BUNDLE") {
        None => ROOTS.into(),
        Some(path) => fs::read(path).map_err(|_| BadConfiguration::malformed("AWS_CA_BUNDLE", EXPECTED))?,
    };
    Ok(TrustStore::empty().with_pem_certificate(roots))
}

/// `AWS_ENDPOINT_URL_<SERVICE>`, or `AWS_ENDPOINT_URL`, in place of AWS's own endpoints (AWS SDKs and Tools Reference
/// Guide, "Service-specific endpoints").
#[derive(Debug)]
struct Endpoints(Environment);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        self.0.given(&format!("{}_{service}", key.env())).or_else(|| self.0.given(key.env()))
    }
}

/// Opens a connection ahead of the first request, by a call whose answer does not matter: the customer need not wait
/// for the connection, and while a function starts it has a whole core, whatever its memory.
pub fn preconnect(call: impl Future) -> impl Future<Output = ()> {
    tokio::time::timeout(Duration::from_millis(500), call).map(drop)
}

/// AWS did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{action} failed: {code}")]
pub struct CallFailed {
    /// What was asked, for example `BatchGetItem`.
    pub action: &'static str,
    /// The error code or the kind of failure, never the service's message.
    pub code: String,
}

impl CallFailed {
    /// Keeps of a failed call what a log may hold.
    pub(crate) fn new<E: ProvideErrorMetadata, R>(action: &'static str, error: &SdkError<E, R>) -> Self {
        Self { action, code: error_code(error) }
    }
}

/// Says of a failed call what a log may hold, for example `ConditionalCheckFailedException` or `time-out`: its kind and the
/// service's error code, never the service's message, which can quote what was sent.
pub fn error_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::TimeoutError(_) => "time-out".into(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "time-out while connecting".into(),
        SdkError::DispatchFailure(_) => "no connection".into(),
        SdkError::ConstructionFailure(_) => "the request could not be built".into(),
        SdkError::ResponseError(_) => "the answer could not be read".into(),
        SdkError::ServiceError(error) => error.err().code().unwrap_or("an error without a code").to_owned(),
        _ => "an unknown failure".into(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    #[test]
    fn of_a_failed_call_only_its_kind_and_code_are_said() {
        let refused = |code: Option<&str>| {
            let mut metadata = ErrorMetadata::builder().message("ana@example.com");
            if let Some(code) = code {
                metadata = metadata.code(code);
            }
            SdkError::service_error(metadata.build(), ())
        };
        for (error, said) in [
            (SdkError::timeout_error("secret"), "time-out"),
            (SdkError::dispatch_failure(ConnectorError::timeout("secret".into())), "time-out while connecting"),
            (SdkError::dispatch_failure(ConnectorError::io("secret".into())), "no connection"),
            (SdkError::construction_failure("secret"), "the request could not be built"),
            (SdkError::response_error("secret", ()), "the answer could not be read"),
            (refused(Some("ThrottlingException")), "ThrottlingException"),
            (refused(None), "an error without a code"),
        ] {
            assert_eq!(error_code(&error), said);
        }
    }
}
