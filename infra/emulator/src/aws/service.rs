//! The services behind the recorder: how each answers, and how it refuses.

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use serde_json::json;

use super::{
    cloudformation::CloudFormation, cloudwatch::CloudWatch, dynamodb::DynamoDb, events::EventBridge, logs::Logs,
    names::ACCOUNT, policy::Need, response::json_response, s3::S3, secrets::SecretsManager, ses::Ses, sns::Sns,
    sqs::Sqs,
};

/// A service behind the recorder.
pub(super) enum Service {
    DynamoDb(DynamoDb),
    S3(S3),
    Ses(Ses),
    Sqs(Sqs),
    EventBridge(EventBridge),
    SecretsManager(SecretsManager),
    CloudFormation(CloudFormation),
    Logs(Logs),
    Sns(Sns),
    CloudWatch(CloudWatch),
}

impl Service {
    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        match self {
            Self::DynamoDb(dynamodb) => dynamodb.answer(request).await,
            Self::S3(s3) => s3.answer(request).await,
            Self::Ses(ses) => ses.answer(&request),
            Self::Sqs(sqs) => sqs.answer(&request).await,
            Self::EventBridge(events) => events.answer(&request),
            Self::SecretsManager(secrets) => secrets.answer(&request),
            Self::CloudFormation(cloudformation) => cloudformation.answer(&request),
            Self::Logs(logs) => logs.answer(&request),
            Self::Sns(sns) => sns.answer(&request),
            Self::CloudWatch(cloudwatch) => cloudwatch.answer(&request),
        }
    }

    /// The refusal of what a function's policy does not allow, in the service's own shape.
    pub(super) fn access_denied(&self, function: &str, need: &Need) -> Response<Bytes> {
        let Need { action, resource, .. } = need;
        let user = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{function}/{function}");
        let message = format!(
            "User: {user} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        );
        match self {
            Self::DynamoDb(_) => json_response(
                400,
                "application/x-amz-json-1.0",
                &[],
                &json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "Message": message }),
            ),
            Self::EventBridge(_) | Self::SecretsManager(_) | Self::Logs(_) => json_response(
                400,
                "application/x-amz-json-1.1",
                &[],
                &json!({ "__type": "AccessDeniedException", "Message": message }),
            ),
            Self::Sqs(_) => json_response(
                403,
                "application/x-amz-json-1.0",
                &[("x-amzn-query-error", "AccessDenied;Sender")],
                &json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "message": message }),
            ),
            Self::Ses(_) => json_response(
                403,
                "application/json",
                &[("x-amzn-errortype", "AccessDeniedException")],
                &json!({ "message": format!("User: {user} is not authorized to perform {action} on resource {resource}") }),
            ),
            Self::S3(_) => S3::access_denied(&message),
            Self::CloudFormation(_) => CloudFormation::access_denied(&message),
            Self::Sns(_) => Sns::access_denied(&message),
            Self::CloudWatch(_) => CloudWatch::access_denied(&message),
        }
    }
}
