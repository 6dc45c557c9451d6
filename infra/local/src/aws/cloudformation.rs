//! CloudFormation's DescribeStacks, by which a tool reads the outputs of a stack, over the AWS query protocol.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{HeaderValue, Request, Response, StatusCode, header},
};

use super::{
    lock::lock,
    names::{ACCOUNT, REGION},
};

/// CloudFormation.
#[derive(Clone, Default)]
pub struct CloudFormation {
    stack: Arc<Mutex<StackOutputs>>,
}

/// The one stack there is.
#[derive(Default)]
pub struct StackOutputs {
    /// Its name.
    pub name: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
}

impl CloudFormation {
    /// Takes note of the stack.
    pub fn create_stack(&self, stack: StackOutputs) {
        *lock(&self.stack) = stack;
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let field = |name: &str| {
            let mut fields = form_urlencoded::parse(request.body());
            fields.find(|(field, _)| field == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        let stack = lock(&self.stack);
        match (field("Action").as_str(), field("StackName")) {
            ("DescribeStacks", name) if name == stack.name || name == stack_id(&stack.name) => stack.described(),
            ("DescribeStacks", name) => {
                fault("ValidationError", &format!("Stack with id {} does not exist", escaped(&name)))
            }
            (action, _) => fault("InvalidAction", &format!("{} is not known locally", escaped(action))),
        }
    }
}

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// The ARN of a stack.
pub(super) fn stack_id(name: &str) -> String {
    format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/local")
}

impl StackOutputs {
    fn described(&self) -> Response<Bytes> {
        let outputs = self.outputs.iter().map(|(key, value)| {
            let value = escaped(value);
            format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
        });
        let (name, id, outputs) = (escaped(&self.name), escaped(&stack_id(&self.name)), outputs.collect::<String>());
        xml(
            StatusCode::OK,
            &format!(
                "<DescribeStacksResponse xmlns=\"{NAMESPACE}\"><DescribeStacksResult><Stacks><member>\
                 <StackName>{name}</StackName><StackId>{id}</StackId><StackStatus>CREATE_COMPLETE</StackStatus>\
                 <CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>{outputs}</Outputs>\
                 </member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
            ),
        )
    }
}

fn fault(code: &str, message: &str) -> Response<Bytes> {
    xml(
        StatusCode::BAD_REQUEST,
        &format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error></ErrorResponse>"
        ),
    )
}

fn xml(status: StatusCode, body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
