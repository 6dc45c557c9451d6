//! CloudFormation, by which a tool finds out what a stack is made of: DescribeStacks and ListStackResources, over the AWS
//! query protocol.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html>

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Request, Response, StatusCode},
};
use jiff::Timestamp;

use super::{
    lock::lock,
    names::{ACCOUNT, REGION},
    query::{self, Fields, element},
};

/// CloudFormation.
#[derive(Clone, Default)]
pub struct CloudFormation {
    stack: Arc<Mutex<DeployedStack>>,
}

/// The one stack there is.
#[derive(Clone, Debug, Default)]
pub struct DeployedStack {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The values of its parameters as CloudFormation shows them.
    pub parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// What it consists of.
    pub resources: Vec<StackResource>,
}

/// A resource as CloudFormation lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    /// Its key in the template.
    pub logical_id: String,
    /// What `Ref` gives.
    pub physical_id: String,
    /// Its type, after SAM's transform.
    pub resource_type: String,
}

impl CloudFormation {
    /// Takes note of the stack.
    pub fn create_stack(&self, stack: DeployedStack) {
        *lock(&self.stack) = stack;
    }

    pub(super) fn access_denied(message: &str) -> Response<Bytes> {
        query::fault(NAMESPACE, StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let fields = Fields::of(request);
        let stack = lock(&self.stack);
        let (action, name) = (fields.get("Action"), fields.get("StackName"));
        match action {
            "DescribeStacks" | "ListStackResources" if name != stack.name && name != stack_id(&stack.name) => {
                fault("ValidationError", &format!("Stack with id {name} does not exist"))
            }
            "DescribeStacks" => query::answer(NAMESPACE, action, &stack.described()),
            "ListStackResources" => match fields.page_start() {
                Some(start) => query::answer(NAMESPACE, action, &stack.listed(start)),
                None => fault("ValidationError", "NextToken is none that was given"),
            },
            _ => fault("InvalidAction", &format!("{action} is not known locally")),
        }
    }
}

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// The ARN of a stack.
pub(crate) fn stack_id(name: &str) -> String {
    format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/local")
}

impl DeployedStack {
    fn described(&self) -> String {
        let pairs = |list: &str, pairs: &BTreeMap<String, String>, key: &str, value: &str| {
            let members = pairs.iter().map(|(name, text)| {
                let (name, text) = (element(key, name), element(value, text));
                format!("<member>{name}{text}</member>")
            });
            format!("<{list}>{}</{list}>", members.collect::<String>())
        };
        let facts = [
            element("StackName", &self.name),
            element("StackId", &stack_id(&self.name)),
            element("StackStatus", "CREATE_COMPLETE"),
            element("CreationTime", &shown(self.created_at)),
            pairs("Parameters", &self.parameters, "ParameterKey", "ParameterValue"),
            pairs("Outputs", &self.outputs, "OutputKey", "OutputValue"),
        ];
        format!("<Stacks><member>{}</member></Stacks>", facts.concat())
    }

    fn listed(&self, start: usize) -> String {
        let (members, next) = query::page(&self.resources, start, |resource| {
            [
                element("LogicalResourceId", &resource.logical_id),
                element("PhysicalResourceId", &resource.physical_id),
                element("ResourceType", &resource.resource_type),
                element("ResourceStatus", "CREATE_COMPLETE"),
                element("LastUpdatedTimestamp", &shown(self.created_at)),
            ]
            .concat()
        });
        format!("<StackResourceSummaries>{members}</StackResourceSummaries>{next}")
    }
}

fn shown(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn fault(code: &str, message: &str) -> Response<Bytes> {
    query::fault(NAMESPACE, StatusCode::BAD_REQUEST, code, message)
}
