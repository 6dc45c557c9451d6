//! What the functions of the shop have in common.

use aws_config::{BehaviorVersion, SdkConfig};

/// The SDK's configuration: keys, region and endpoints stand in the environment.
pub(crate) async fn config() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().build_http();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}
