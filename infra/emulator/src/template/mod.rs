//! Reads a SAM template into a plain description of what runs.
//!
//! The template is the one source for routes, environment, tables, queues, rules and buckets. What the local stack does
//! not understand, it refuses with a message naming it: nothing is dropped silently.

use std::{cell::RefCell, collections::BTreeMap};

use serde::Deserialize;
use serde_json::{Value, json};

mod error;
mod functions;
mod intrinsics;
mod parameters;
mod resources;
mod roles;
mod yaml;

pub use error::TemplateError;
pub use functions::{Function, QueueSource, Route};
pub use resources::{Resource, Surroundings};

use intrinsics::{Declared, Resolver};
use resources::{DEFAULT_STAGE, Kind};
use roles::Roles;
use yaml::Node;

use crate::aws::{DEFAULT_BUS, StackResource, lenient};

/// What the template describes, with every intrinsic replaced by its value.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The functions, with their routes and queues.
    pub functions: Vec<Function>,
    /// DynamoDB tables.
    pub tables: Vec<Resource>,
    /// S3 buckets.
    pub buckets: Vec<Resource>,
    /// SQS queues.
    pub queues: Vec<Resource>,
    /// Policies of SQS queues.
    pub queue_policies: Vec<Resource>,
    /// EventBridge buses.
    pub buses: Vec<Resource>,
    /// EventBridge rules.
    pub rules: Vec<Resource>,
    /// SES identities; the name is the address or domain.
    pub identities: Vec<Resource>,
    /// SES configuration sets.
    pub configuration_sets: Vec<Resource>,
    /// Where SES publishes what becomes of mails.
    pub event_destinations: Vec<Resource>,
    /// Secrets of Secrets Manager.
    pub secrets: Vec<Resource>,
    /// The parameters' values as CloudFormation shows them: those that are not echoed as stars.
    pub parameters: BTreeMap<String, String>,
    /// All that the template declares and no condition leaves out, whether it runs here or not.
    pub resources: Vec<StackResource>,
    /// The statements of managed policies by their keys in the template.
    pub managed_policies: BTreeMap<String, Value>,
    /// What the stack puts out.
    pub outputs: BTreeMap<String, String>,
    /// The HTTP API, if there is one.
    pub api: Option<Api>,
    /// What is known but has nothing to run on one machine, each with its CloudFormation type.
    pub not_run: Vec<(String, Resource)>,
}

impl Description {
    /// A variable of a function.
    pub fn variable(&self, function: &str, name: &str) -> Option<&str> {
        let function = self.functions.iter().find(|candidate| candidate.logical_id == function)?;
        function.environment.get(name).map(String::as_str)
    }

    /// The resources of one type that do not run.
    pub fn not_run(&self, resource_type: &str) -> impl Iterator<Item = &Resource> {
        self.not_run.iter().filter(move |(not_run, _)| not_run == resource_type).map(|(_, resource)| resource)
    }

    /// The bus for the product's own events: that of the first rule which does not listen to AWS's.
    pub fn event_bus(&self) -> &str {
        self.rules.iter().map(Resource::bus).find(|bus| *bus != DEFAULT_BUS).unwrap_or(DEFAULT_BUS)
    }
}

/// The HTTP API of the template.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its id on AWS.
    pub id: String,
    /// How routes without settings of their own are throttled, which the local stack does not do; null where the template does
    /// not say it.
    pub default_route_settings: Value,
    /// How others are, by their keys.
    pub throttles: BTreeMap<String, Throttle>,
}

/// A token bucket before a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Requests a second.
    #[serde(rename = "ThrottlingRateLimit", deserialize_with = "lenient::whole_number")]
    pub rate: u64,
    /// Requests at once.
    #[serde(rename = "ThrottlingBurstLimit", deserialize_with = "lenient::whole_number")]
    pub burst: u64,
}

/// The names of the template's parameters.
pub fn parameter_names(text: &str) -> Result<Vec<String>, TemplateError> {
    Ok(parameters::names(yaml::parse(text)?.get("Parameters")))
}

/// Reads a template and resolves it with the values `given` for its parameters.
pub fn read(
    text: &str,
    given: &BTreeMap<String, String>,
    surroundings: &Surroundings,
) -> Result<Description, TemplateError> {
    let template = yaml::parse(text)?;
    check_sections(&template)?;
    let resolver = Resolver {
        parameters: parameters::values(template.get("Parameters"), given)?,
        conditions: template.get("Conditions").map(|node| node.entries().collect()).unwrap_or_default(),
        resources: declared(&template)?,
        surroundings,
        path: RefCell::default(),
    };
    for (name, node) in &resolver.conditions {
        resolver.condition(name, node.line)?;
    }
    let globals = match template.get("Globals").and_then(|globals| globals.get("Function")) {
        Some(node) => resolver.value(node)?.unwrap_or_default(),
        None => json!({}),
    };

    let mut description = Description {
        parameters: parameters::shown(template.get("Parameters"), &resolver.parameters),
        ..Description::default()
    };
    let mut roles = Roles::default();
    // In the template's own order, in which its author tells it.
    for (logical_id, node) in template.get("Resources").into_iter().flat_map(Node::entries) {
        let Some(resource) = resolver.resources.get(logical_id) else { continue };
        if !resolver.exists(resource)? {
            continue;
        }
        let properties = match node.get("Properties") {
            Some(properties) => resolver.value(properties)?.unwrap_or_default(),
            None => json!({}),
        };
        let resource = Resource {
            logical_id: logical_id.to_owned(),
            name: resolver.physical_name(logical_id, resource)?,
            properties,
        };
        description.resources.push(StackResource {
            logical_id: logical_id.to_owned(),
            physical_id: resolver.physical_id(logical_id, node.line)?,
            resource_type: transformed(type_of(node)?),
        });
        match Kind::of(&type_of(node)?) {
            Some(Kind::Role) => roles.add_role(resource, node)?,
            Some(Kind::ManagedPolicy) => {
                let name = resource.logical_id.clone();
                description.managed_policies.insert(name, roles.add_managed_policy(resource, node)?);
            }
            _ => add(&mut description, resource, node, &globals)?,
        }
    }
    roles.give_to(&mut description.functions)?;
    for (name, output) in template.get("Outputs").into_iter().flat_map(Node::entries) {
        if let Some(value) = resolver.output(output)? {
            description.outputs.insert(name.to_owned(), value);
        }
    }
    check_routes(&description)?;
    Ok(description)
}

fn add(description: &mut Description, resource: Resource, node: &Node, globals: &Value) -> Result<(), TemplateError> {
    let resource_type = type_of(node)?;
    match Kind::of(&resource_type) {
        Some(Kind::Function) => description.functions.push(functions::function(&resource, node, globals)?),
        Some(Kind::HttpApi) if description.api.is_some() => {
            return Err(TemplateError::at(node.line, "the local stack runs one HttpApi, and this is a second"));
        }
        Some(Kind::HttpApi) => description.api = Some(api(resource, node)?),
        Some(Kind::Table) => description.tables.push(resource),
        Some(Kind::Bucket) => description.buckets.push(resource),
        Some(Kind::Queue) => description.queues.push(resource),
        Some(Kind::QueuePolicy) => description.queue_policies.push(resource),
        Some(Kind::Bus) => description.buses.push(resource),
        Some(Kind::Rule) => description.rules.push(resource),
        Some(Kind::Identity) => description.identities.push(resource),
        Some(Kind::ConfigurationSet) => description.configuration_sets.push(resource),
        Some(Kind::Secret) => description.secrets.push(resource),
        Some(Kind::EventDestination) => description.event_destinations.push(resource),
        Some(Kind::NotRun(_)) => description.not_run.push((resource_type, resource)),
        Some(Kind::Role | Kind::ManagedPolicy) | None => {}
    }
    Ok(())
}

fn type_of(node: &Node) -> Result<String, TemplateError> {
    Ok(node.get("Type").map(Node::text).transpose()?.unwrap_or_default())
}

/// What SAM makes of a resource of this type.
fn transformed(resource_type: String) -> String {
    match resource_type.as_str() {
        "AWS::Serverless::Function" => "AWS::Lambda::Function".to_owned(),
        "AWS::Serverless::HttpApi" => "AWS::ApiGatewayV2::Api".to_owned(),
        _ => resource_type,
    }
}

fn api(resource: Resource, node: &Node) -> Result<Api, TemplateError> {
    let unknown = |what: &str| {
        let message = format!("{}: the local stack does not know {what} of an HttpApi", resource.logical_id);
        Err(TemplateError::at(node.line, message))
    };
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let properties = fields(&resource.properties);
    for (name, value) in &properties {
        match name.as_str() {
            "AccessLogSettings" | "DisableExecuteApiEndpoint" => {}
            "Auth" if *value == json!({"EnableIamAuthorizer": false}) => {}
            "StageName" if value == DEFAULT_STAGE => {}
            "StageName" => return unknown(&format!("the StageName {value}")),
            "DefaultRouteSettings" => {
                let known = ["ThrottlingBurstLimit", "ThrottlingRateLimit"];
                if let Some(name) = fields(value).keys().find(|name| !known.contains(&name.as_str())) {
                    return unknown(&format!("DefaultRouteSettings.{name}"));
                }
            }
            "RouteSettings" => {}
            name => return unknown(name),
        }
    }
    let throttles = properties.get("RouteSettings").cloned().unwrap_or_else(|| json!({}));
    let throttles = serde_json::from_value(throttles)
        .map_err(|error| TemplateError::at(node.line, format!("{}: RouteSettings: {error}", resource.logical_id)))?;
    let default_route_settings = properties.get("DefaultRouteSettings").cloned().unwrap_or_default();
    Ok(Api { id: resource.name, default_route_settings, throttles })
}

fn check_sections(template: &Node) -> Result<(), TemplateError> {
    for (section, node) in template.entries() {
        match section {
            "AWSTemplateFormatVersion"
            | "Description"
            | "Metadata"
            | "Parameters"
            | "Rules"
            | "Conditions"
            | "Resources"
            | "Outputs" => {}
            "Transform" if node.text().is_ok_and(|name| name == "AWS::Serverless-2016-10-31") => {}
            "Transform" => {
                return Err(TemplateError::at(
                    node.line,
                    "the local stack knows the transform AWS::Serverless-2016-10-31 only",
                ));
            }
            "Globals" => {
                if let Some((name, node)) = node.entries().find(|(name, _)| *name != "Function") {
                    return Err(TemplateError::at(node.line, format!("the local stack does not know Globals.{name}")));
                }
            }
            _ => {
                return Err(TemplateError::at(
                    node.line,
                    format!("the local stack does not know the section {section}"),
                ));
            }
        }
    }
    Ok(())
}

fn declared(template: &Node) -> Result<BTreeMap<&str, Declared<'_>>, TemplateError> {
    let mut resources = BTreeMap::new();
    for (logical_id, node) in template.get("Resources").into_iter().flat_map(Node::entries) {
        let resource_type = type_of(node)?;
        let Some(kind) = Kind::of(&resource_type) else {
            let message = format!("{logical_id} has the type {resource_type}, which the local stack does not know");
            return Err(TemplateError::at(node.line, message));
        };
        for (attribute, node) in node.entries() {
            let known =
                ["Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"];
            if !known.contains(&attribute) {
                let message = format!("the local stack does not know the attribute {attribute} of {logical_id}");
                return Err(TemplateError::at(node.line, message));
            }
        }
        resources.insert(logical_id, Declared { kind, node });
    }
    Ok(resources)
}

fn check_routes(description: &Description) -> Result<(), TemplateError> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for function in &description.functions {
        for route in &function.routes {
            if let Some(other) = owners.insert(route.key(), &function.logical_id) {
                let message = format!("{} and {other} both have the route {}", function.logical_id, route.key());
                return Err(TemplateError::new(message));
            }
        }
    }
    let throttled = description.api.iter().flat_map(|api| api.throttles.keys());
    match throttled.into_iter().find(|route| !owners.contains_key(*route)) {
        Some(route) => Err(TemplateError::new(format!("RouteSettings: there is no route {route}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
