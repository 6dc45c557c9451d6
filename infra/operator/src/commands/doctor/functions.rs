//! What the functions run on, and how many may run at once.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::TemplateStage;
use aws_sdk_lambda::types::AccountLimit;
use futures_util::future::join_all;
use serde_json::Value;

use super::{
    check::{Advice, Check, answer, required},
    context::Context,
};
use crate::{stack::Service, terminal::Failure};

const ARCHITECTURE: &str = "architecture";
const CONCURRENCY: &str = "concurrency";

/// What the queue of SES's reports takes at most (template.yaml, MailFeedback).
const FOR_FEEDBACK: f64 = 2.0;
/// What should be left for customers.
const FOR_CUSTOMERS: f64 = 10.0;

/// Architecture and concurrency.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    let (architecture, concurrency) = tokio::join!(architecture(context), concurrency(context));
    vec![Check::of(ARCHITECTURE, architecture), Check::of(CONCURRENCY, concurrency)]
}

fn lambda(context: &Context<'_>) -> Result<aws_sdk_lambda::Client, Failure> {
    Ok(aws_sdk_lambda::Client::new(&context.stack.config(Service::Lambda)?))
}

/// Whether each function runs on what the stack's template says; its binary would not start on another.
async fn architecture(context: &Context<'_>) -> Result<Check, Failure> {
    let client = &lambda(context)?;
    let functions: Vec<(&str, &str)> = context.resources()?.of_type("AWS::Lambda::Function").collect();
    let asked = join_all(functions.iter().map(|(logical_id, name)| async move {
        let question = client.get_function_configuration().function_name(*name).send();
        let found = answer("lambda:GetFunctionConfiguration", question).await?;
        let found = found.and_then(|found| found.architectures?.pop()).map(|found| found.as_str().to_owned());
        Ok((*logical_id, found))
    }));
    let (asked, expected) = tokio::join!(asked, expected(context));
    let (found, expected) = (asked.into_iter().collect::<Result<Vec<_>, Failure>>()?, expected?);
    for (function, architecture) in &found {
        let Some(architecture) = architecture else {
            return Ok(Check::failure(ARCHITECTURE, format!("{function} is missing"), context.removed()));
        };
        match expected.get(*function) {
            Some(expected) if expected != architecture => {
                let found = format!("{function} has {architecture}, the stack's template {expected}");
                return Ok(Check::failure(ARCHITECTURE, found, Advice::deploy("Deploy anew")));
            }
            _ => {}
        }
    }
    let mut all: Vec<String> = found.iter().filter_map(|(_, architecture)| architecture.clone()).collect();
    all.sort();
    all.dedup();
    Ok(match &all[..] {
        [one] => Check::ok(ARCHITECTURE, format!("{one}, all {}", found.len())),
        _ => Check::failure(
            ARCHITECTURE,
            all.join(" and "),
            Advice::deploy("One package has one architecture: deploy anew"),
        ),
    })
}

/// What the template that the stack was made from says of each function, as SAM has transformed it to JSON. Lambda's default
/// is x86_64.
async fn expected(context: &Context<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let client = aws_sdk_cloudformation::Client::new(&context.stack.config(Service::CloudFormation)?);
    let stack = &context.stack.place.stack;
    let question = client.get_template().stack_name(stack).template_stage(TemplateStage::Processed).send();
    let template = required("cloudformation:GetTemplate", question).await?.template_body.unwrap_or_default();
    let template: Value = serde_json::from_str(&template)
        .map_err(|_| Failure::new("the stack's template is no JSON", "Deploy the current template."))?;
    let resources = template["Resources"].as_object().into_iter().flatten();
    let functions = resources.filter(|(_, resource)| resource["Type"] == "AWS::Lambda::Function");
    Ok(functions
        .map(|(logical_id, function)| {
            let architecture = function["Properties"]["Architectures"][0].as_str().unwrap_or("x86_64");
            (logical_id.clone(), architecture.to_owned())
        })
        .collect())
}

/// What the account's limit leaves for customers when all queues are full.
async fn concurrency(context: &Context<'_>) -> Result<Check, Failure> {
    let settings = required("lambda:GetAccountSettings", lambda(context)?.get_account_settings().send()).await?;
    let limit = settings.account_limit().map_or(0, AccountLimit::concurrent_executions);
    let queues = context.number("MailConcurrency")? + context.number("EventConcurrency")? + FOR_FEEDBACK;
    let left = f64::from(limit) - queues;
    let found = format!("{limit} functions at once, of which queues take {queues}");
    let ask = "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 \
               --desired-value 1000";
    Ok(match left < FOR_CUSTOMERS {
        true => Check::warning(CONCURRENCY, found, Advice::new("Ask for more before many customers come", ask)),
        false => Check::ok(CONCURRENCY, found),
    })
}
