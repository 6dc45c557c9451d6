//! What every check needs: the stack, what it is made of, and a resolver.

use std::fmt::Display;

use jiff::Timestamp;

use super::check::{Advice, in_time};
use crate::{
    dns::Dns,
    stack::{Resources, Stack},
    terminal::Failure,
};

/// The stack, what it is made of, and a resolver: each of the latter two, or why it cannot be had.
pub(super) struct Context<'a> {
    pub(super) stack: &'a Stack,
    resources: Result<Resources, Failure>,
    dns: Result<Dns, Failure>,
    pub(super) now: Timestamp,
}

impl<'a> Context<'a> {
    pub(super) async fn new(stack: &'a Stack, dns: Option<&str>) -> Self {
        let resolver = async {
            match dns {
                None if stack.is_local() => Err(Failure::new(
                    "a local stack's domain is in no DNS",
                    "Name a resolver that knows it: portal doctor --dns HOST:PORT",
                )),
                _ => Dns::at(dns).await,
            }
        };
        let (resources, dns) = tokio::join!(in_time("cloudformation:ListStackResources", stack.resources()), resolver);
        Self { stack, resources, dns, now: Timestamp::now() }
    }

    pub(super) fn dns(&self) -> Result<&Dns, Failure> {
        self.dns.as_ref().map_err(Failure::clone)
    }

    pub(super) fn resources(&self) -> Result<&Resources, Failure> {
        self.resources.as_ref().map_err(Failure::clone)
    }

    /// The name, URL or ARN of what the template calls so.
    pub(super) fn resource(&self, logical_id: &str) -> Result<&str, Failure> {
        self.resources()?.required(logical_id)
    }

    /// A parameter that every stack of the portal has.
    pub(super) fn parameter(&self, name: &str) -> Result<&str, Failure> {
        self.stack.parameter(name).ok_or_else(|| {
            Failure::new(
                format!("the stack has no parameter {name}"),
                "Deploy the current template; it keeps all data.",
            )
        })
    }

    /// A number among the parameters.
    pub(super) fn number(&self, name: &str) -> Result<f64, Failure> {
        let value = self.parameter(name)?;
        value.parse().map_err(|error: std::num::ParseFloatError| {
            Failure::new(format!("the parameter {name}: {error}"), "Deploy the current template; it keeps all data.")
        })
    }

    /// What to do about something of the stack's that is not there: a deployment alone changes nothing that the template keeps.
    pub(super) fn removed(&self) -> Advice {
        let stack = &self.stack.place.stack;
        let drift = format!("aws cloudformation detect-stack-drift --stack-name {stack}");
        Advice::new("Somebody removed it by hand: see what else is not as CloudFormation made it", drift)
    }

    /// The command that reads a function's log of the last hours, where it has these words.
    pub(super) fn log(&self, function: &str, since: &str, words: impl Display) -> String {
        let stack = &self.stack.place.stack;
        format!("aws logs tail /aws/lambda/{stack}/{function} --since {since} --filter-pattern '\"{words}\"'")
    }
}

/// A number of things, such as `1 message` and `2 messages`.
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
