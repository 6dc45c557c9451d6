//! IAM policy statements, as far as the template's functions use them. Anything else in a statement is refused.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{error::Error, one_or_more::OneOrMore};

/// A permission that a call needs: one action on one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Need {
    /// `service:Action`.
    pub action: String,
    /// The ARN, or `*` for an action that knows no resources.
    pub resource: String,
    /// The values of the condition keys that the request has.
    pub context: BTreeMap<&'static str, Vec<String>>,
}

/// The condition key with the partition keys a DynamoDB request touches.
pub(super) const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// The condition key with the top-level attributes a DynamoDB request names.
pub(super) const ATTRIBUTES: &str = "dynamodb:Attributes";

/// The condition key with what a DynamoDB write answers: nothing, or attributes of the item.
pub(super) const RETURN_VALUES: &str = "dynamodb:ReturnValues";

/// The condition key with the bare address in a mail's From.
pub(super) const FROM_ADDRESS: &str = "ses:FromAddress";

/// Those of the needs that an array of IAM statements does not allow.
pub fn refused<'a>(statements: &Value, needs: &'a [Need]) -> Result<Vec<&'a Need>, Error> {
    let policy = Policy::parse(statements)?;
    Ok(needs.iter().filter(|need| !policy.allows(need)).collect())
}

/// Unused permissions: what an array of IAM statements allows and none of the needs used. Each is a text: an action on
/// a resource, with a value of each condition key.
pub fn idle(statements: &Value, needs: &[Need]) -> Result<Vec<String>, Error> {
    let Policy(statements) = Policy::parse(statements)?;
    let allowing = statements.iter().filter(|statement| statement.effect == Effect::Allow);
    Ok(allowing.flat_map(|statement| statement.idle(needs)).collect())
}

/// The statements of one function's role.
pub(super) struct Policy(Vec<Statement>);

impl Policy {
    /// Reads an array of statements.
    pub(super) fn parse(statements: &Value) -> Result<Self, Error> {
        let written = Vec::<WrittenStatement>::deserialize(statements)
            .map_err(|error| Error::Unsupported(format!("policy statement: {error}")))?;
        written.into_iter().map(Statement::new).collect::<Result<_, _>>().map(Policy)
    }

    /// Whether some statement allows it and none denies it.
    pub(super) fn allows(&self, need: &Need) -> bool {
        let mut applying = self.0.iter().filter(|statement| statement.applies(need)).peekable();
        applying.peek().is_some() && applying.all(|statement| statement.effect == Effect::Allow)
    }
}

impl Need {
    /// A need without condition values.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new() }
    }

    /// The same need with a condition key's values.
    pub(super) fn with(mut self, key: &'static str, values: Vec<String>) -> Self {
        self.context.insert(key, values);
        self
    }
}

struct Statement {
    effect: Effect,
    actions: Vec<Pattern>,
    resources: Vec<Pattern>,
    conditions: Vec<Condition>,
}

/// A text with IAM's wildcards, and what it matches.
struct Pattern {
    written: String,
    expression: Regex,
}

#[derive(Deserialize, PartialEq)]
enum Effect {
    Allow,
    Deny,
}

struct Condition {
    key: &'static str,
    values: Vec<Pattern>,
    /// `ForAllValues` and `IfExists`: true of a request without the key too, as IAM has it.
    holds_without: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStatement {
    #[serde(rename = "Sid", default)]
    _sid: Option<String>,
    #[serde(rename = "Effect")]
    effect: Effect,
    #[serde(rename = "Action")]
    actions: OneOrMore,
    #[serde(rename = "Resource")]
    resources: OneOrMore,
    #[serde(rename = "Condition", default)]
    conditions: BTreeMap<String, BTreeMap<String, OneOrMore>>,
}

impl Statement {
    fn new(written: WrittenStatement) -> Result<Self, Error> {
        let mut conditions = Vec::new();
        for (operator, keys) in written.conditions {
            for (key, values) in keys {
                conditions.push(Condition::new(&operator, &key, values)?);
            }
        }
        Ok(Self {
            effect: written.effect,
            actions: written.actions.compile(|action| wildcards(&format!("(?i){}", regex::escape(action))))?,
            resources: written.resources.compile(|resource| wildcards(&regex::escape(resource)))?,
            conditions,
        })
    }

    fn idle(&self, needs: &[Need]) -> Vec<String> {
        let mut idle = Vec::new();
        for action in &self.actions {
            for resource in &self.resources {
                let applying: Vec<_> = needs
                    .iter()
                    .filter(|need| action.matches(&need.action) && resource.matches(&need.resource))
                    .filter(|need| self.applies(need))
                    .collect();
                if applying.is_empty() {
                    idle.push(format!("{} on {}", action.written, resource.written));
                    continue;
                }
                for condition in &self.conditions {
                    let unused = condition.values.iter().filter(|value| {
                        let mut given = applying.iter().filter_map(|need| need.context.get(condition.key)).flatten();
                        !given.any(|given| value.matches(given))
                    });
                    idle.extend(unused.map(|value| {
                        format!("{} on {} with {} {}", action.written, resource.written, condition.key, value.written)
                    }));
                }
            }
        }
        idle
    }

    fn applies(&self, need: &Need) -> bool {
        any_matches(&self.actions, &need.action)
            && any_matches(&self.resources, &need.resource)
            && self.conditions.iter().all(|condition| condition.holds(need))
    }
}

impl Condition {
    fn new(operator: &str, key: &str, values: OneOrMore) -> Result<Self, Error> {
        let (for_all, comparison) = match operator.strip_prefix("ForAllValues:") {
            Some(comparison) => (true, comparison),
            None => (false, operator),
        };
        let (if_exists, comparison) = match comparison.strip_suffix("IfExists") {
            Some(comparison) => (true, comparison),
            None => (false, comparison),
        };
        let key = match (key, for_all, if_exists) {
            (LEADING_KEYS, true, false) => LEADING_KEYS,
            (ATTRIBUTES, true, false) => ATTRIBUTES,
            (RETURN_VALUES, false, true) => RETURN_VALUES,
            (FROM_ADDRESS, false, false) => FROM_ADDRESS,
            _ => return Err(unknown_condition(operator, key)),
        };
        let values = match comparison {
            "StringEquals" => values.compile(regex::escape)?,
            "StringLike" => values.compile(|value| wildcards(&regex::escape(value)))?,
            _ => return Err(unknown_condition(operator, key)),
        };
        Ok(Self { key, values, holds_without: for_all || if_exists })
    }

    fn holds(&self, need: &Need) -> bool {
        match need.context.get(self.key) {
            Some(values) => values.iter().all(|value| any_matches(&self.values, value)),
            None => self.holds_without,
        }
    }
}

impl Pattern {
    fn matches(&self, value: &str) -> bool {
        self.expression.is_match(value)
    }
}

impl OneOrMore {
    fn compile(self, expression: impl Fn(&str) -> String) -> Result<Vec<Pattern>, Error> {
        let compiled = self.0.into_iter().map(|written| {
            let expression = Regex::new(&format!("(?s)^{}$", expression(&written)));
            expression.map(|expression| Pattern { written, expression })
        });
        compiled.collect::<Result<_, _>>().map_err(|error| Error::Unsupported(format!("policy statement: {error}")))
    }
}

/// IAM's `*` and `?` in an escaped expression.
fn wildcards(escaped: &str) -> String {
    escaped.replace(r"\*", ".*").replace(r"\?", ".")
}

fn any_matches(patterns: &[Pattern], value: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(value))
}

fn unknown_condition(operator: &str, key: &str) -> Error {
    Error::Unsupported(format!("policy statement: the condition {operator} on {key} is not known locally"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(statements: &Value) -> Policy {
        Policy::parse(statements).unwrap()
    }

    #[test]
    fn only_what_is_named_is_allowed() {
        let policy = policy(&json!([
            { "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": "arn:aws:dynamodb:us-east-1:000000000000:table/shop" },
            { "Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:aws:s3:::documents/documents/*"] },
        ]));
        let cases = [
            ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/shop", true),
            ("DynamoDB:getitem", "arn:aws:dynamodb:us-east-1:000000000000:table/shop", true),
            ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/shop2", false),
            ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:000000000000:table/shop", false),
            ("s3:GetObject", "arn:aws:s3:::documents/documents/a/b.pdf", true),
            ("s3:GetObject", "arn:aws:s3:::documents/other/b.pdf", false),
        ];
        for (action, resource, allowed) in cases {
            assert_eq!(policy.allows(&Need::new(action, resource)), allowed, "{action} on {resource}");
        }
    }

    #[test]
    fn a_denial_wins_over_an_allowance() {
        let policy = policy(&json!([
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Sid": "NoScans", "Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*" },
        ]));
        assert!(policy.allows(&Need::new("dynamodb:Query", "any")));
        assert!(!policy.allows(&Need::new("dynamodb:Scan", "any")));
    }

    #[test]
    fn every_leading_key_has_to_match() {
        let policy = policy(&json!([{
            "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*",
            "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["LIMIT#*", "BUYER#*"] } },
        }]));
        let put = |keys: &[&str]| {
            let keys = keys.iter().map(ToString::to_string).collect();
            policy.allows(&Need::new("dynamodb:PutItem", "table").with(LEADING_KEYS, keys))
        };
        assert!(put(&["LIMIT#1"]));
        assert!(put(&["LIMIT#1", "BUYER#2"]));
        assert!(!put(&["LIMIT#1", "ORDER#2"]));
    }

    #[test]
    fn the_sender_has_to_be_the_one_in_the_condition() {
        let policy = policy(&json!([{
            "Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*",
            "Condition": { "StringEquals": { "ses:FromAddress": "a@example.com" } },
        }]));
        let send =
            |from: &str| policy.allows(&Need::new("ses:SendEmail", "*").with(FROM_ADDRESS, vec![from.to_owned()]));
        assert!(send("a@example.com"));
        assert!(!send("b@example.com"));
        assert!(!policy.allows(&Need::new("ses:SendEmail", "*")));
    }

    #[test]
    fn what_a_write_answers_has_to_be_what_the_condition_names() {
        let policy = policy(&json!([{
            "Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": "*",
            "Condition": { "StringEqualsIfExists": { "dynamodb:ReturnValues": "NONE" } },
        }]));
        let update = |values: &str| {
            policy.allows(&Need::new("dynamodb:UpdateItem", "table").with(RETURN_VALUES, vec![values.to_owned()]))
        };
        assert!(update("NONE"));
        assert!(!update("ALL_OLD"));
        assert!(policy.allows(&Need::new("dynamodb:UpdateItem", "table")));
    }

    #[test]
    fn what_is_allowed_and_never_used_is_named() {
        let statements = json!([
            { "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": "table",
              "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["LIMIT#*", "BUYER#*"] } } },
            { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": ["one", "two"] },
            { "Effect": "Deny", "Action": "s3:*", "Resource": "*" },
        ]);
        let with = |action: &str, key: &str| Need::new(action, "table").with(LEADING_KEYS, vec![key.to_owned()]);
        let mut needs = vec![
            with("dynamodb:GetItem", "LIMIT#1"),
            with("dynamodb:GetItem", "BUYER#1"),
            with("dynamodb:PutItem", "LIMIT#1"),
            Need::new("sqs:SendMessage", "one"),
        ];
        let left = ["dynamodb:PutItem on table with dynamodb:LeadingKeys BUYER#*", "sqs:SendMessage on two"];
        assert_eq!(idle(&statements, &needs).unwrap(), left);
        assert!(refused(&statements, &needs).unwrap().is_empty());
        needs.push(with("dynamodb:PutItem", "BUYER#1"));
        needs.push(Need::new("sqs:SendMessage", "two"));
        assert!(idle(&statements, &needs).unwrap().is_empty());
        needs.push(Need::new("sqs:SendMessage", "three"));
        assert_eq!(refused(&statements, &needs).unwrap(), [&Need::new("sqs:SendMessage", "three")]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for statement in [
            json!({ "Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "::1" } } }),
            json!({ "Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": { "StringEquals": { "dynamodb:LeadingKeys": "x" } } }),
            json!({ "Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": { "StringEquals": { "dynamodb:ReturnValues": "NONE" } } }),
            json!({ "Effect": "Allow", "NotAction": "a:B", "Resource": "*" }),
            json!({ "Effect": "Perhaps", "Action": "a:B", "Resource": "*" }),
        ] {
            assert!(Policy::parse(&json!([statement])).is_err(), "{statement}");
        }
    }
}
