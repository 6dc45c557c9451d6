//! How a function talks to AWS: region and credentials from Lambda's environment, one lean TLS stack, no endless waits.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::{Builder, tls};

/// What every SDK client of a function is built from. Endpoints can be replaced by `AWS_ENDPOINT_URL_<SERVICE>`
/// (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
pub async fn config() -> SdkConfig {
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .http_client(http)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(2))
                .operation_timeout(Duration::from_secs(5))
                .build(),
        )
        .load()
        .await
}

/// Says of a failed call what a log may hold: its kind and the service's error code, never the service's message,
/// which can quote what was sent.
pub trait Context {
    /// For example `ConditionalCheckFailedException` or `time-out`.
    fn context(&self) -> String;
}

impl<E: ProvideErrorMetadata, R> Context for SdkError<E, R> {
    fn context(&self) -> String {
        match self {
            SdkError::TimeoutError(_) => "time-out".into(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "time-out while connecting".into(),
            SdkError::DispatchFailure(_) => "no connection".into(),
            SdkError::ConstructionFailure(_) => "the request could not be built".into(),
            SdkError::ResponseError(_) => "the answer could not be read".into(),
            SdkError::ServiceError(error) => error.err().code().unwrap_or("an error without a code").to_owned(),
            _ => "an unknown failure".into(),
        }
    }
}
