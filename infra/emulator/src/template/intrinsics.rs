//! Replaces intrinsics by their values.

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::{Map, Value};

use super::{
    error::TemplateError,
    resources::{DEFAULT_STAGE, Kind, Named, Surroundings},
    yaml::{Content, Intrinsic, Node, scalar_text},
};
use crate::aws::{ACCOUNT, DEFAULT_BUS, REGION, bus_name, stack_id};

/// A resource as the template declares it.
pub(super) struct Declared<'a> {
    pub(super) kind: Kind,
    pub(super) node: &'a Node,
}

/// What intrinsics can refer to.
pub(super) struct Resolver<'a> {
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: BTreeMap<&'a str, &'a Node>,
    pub(super) resources: BTreeMap<&'a str, Declared<'a>>,
    pub(super) surroundings: &'a Surroundings,
    /// What is being resolved, so that a circle is an error and not an endless walk.
    pub(super) path: RefCell<Vec<String>>,
}

impl Resolver<'_> {
    /// The value of a node; nothing where it is `AWS::NoValue`.
    pub(super) fn value(&self, node: &Node) -> Result<Option<Value>, TemplateError> {
        match &node.content {
            Content::Scalar(value) => Ok(Some(value.clone())),
            Content::List(elements) => {
                let values = elements.iter().filter_map(|element| self.value(element).transpose());
                Ok(Some(Value::Array(values.collect::<Result<_, _>>()?)))
            }
            Content::Map(entries) => {
                let mut map = Map::new();
                for (key, entry) in entries {
                    if let Some(value) = self.value(entry)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            Content::Intrinsic(intrinsic, argument) => self.intrinsic(*intrinsic, argument),
        }
    }

    /// Whether a declared condition holds.
    pub(super) fn condition(&self, name: &str, line: usize) -> Result<bool, TemplateError> {
        let Some(node) = self.conditions.get(name) else {
            return Err(TemplateError::at(line, format!("there is no condition {name}")));
        };
        self.guarded(&format!("the condition {name}"), line, || self.boolean(node))
    }

    /// Whether the resource exists: it has no condition, or its condition holds.
    pub(super) fn exists(&self, resource: &Declared<'_>) -> Result<bool, TemplateError> {
        match resource.node.get("Condition") {
            Some(condition) => self.condition(&condition.text()?, condition.line),
            None => Ok(true),
        }
    }

    /// The value of an output, if its condition holds.
    pub(super) fn output(&self, output: &Node) -> Result<Option<String>, TemplateError> {
        let is_there = match output.get("Condition") {
            Some(condition) => self.condition(&condition.text()?, condition.line)?,
            None => true,
        };
        let value = output.get("Value").ok_or_else(|| TemplateError::at(output.line, "an output has a Value"))?;
        if is_there { self.text(value).map(Some) } else { Ok(None) }
    }

    /// The name a resource has on AWS: the one its property gives it, else the one CloudFormation makes up.
    pub(super) fn physical_name(&self, logical_id: &str, resource: &Declared<'_>) -> Result<String, TemplateError> {
        let property = resource.kind.name_property().and_then(|name| resource.node.get("Properties")?.get(name));
        let given = match property {
            Some(node) => self.guarded(&format!("the name of {logical_id}"), node.line, || self.optional_text(node))?,
            None => None,
        };
        Ok(given.unwrap_or_else(|| resource.kind.default_name(&self.surroundings.stack_name, logical_id)))
    }

    /// What `Ref` gives for a resource.
    pub(super) fn physical_id(&self, logical_id: &str, line: usize) -> Result<String, TemplateError> {
        Ok(self.named(logical_id, line)?.reference())
    }

    /// The name of the bus a rule listens on.
    pub(super) fn bus_of_rule(&self, rule: &Declared<'_>) -> Result<String, TemplateError> {
        let property = rule.node.get("Properties").and_then(|properties| properties.get("EventBusName"));
        let given = property.map(|node| self.optional_text(node)).transpose()?.flatten();
        Ok(bus_name(given.as_deref().unwrap_or(DEFAULT_BUS)).to_owned())
    }

    fn intrinsic(&self, intrinsic: Intrinsic, argument: &Node) -> Result<Option<Value>, TemplateError> {
        let line = argument.line;
        Ok(Some(match intrinsic {
            Intrinsic::Ref => return self.reference(&argument.text()?, line),
            Intrinsic::GetAtt => Value::String(self.get_att(argument)?),
            Intrinsic::Sub => Value::String(self.sub(argument)?),
            Intrinsic::If => {
                let [condition, then, otherwise] = arguments(argument, "If")?;
                let branch = if self.condition(&condition.text()?, line)? { then } else { otherwise };
                return self.value(branch);
            }
            Intrinsic::Join => {
                let [delimiter, parts] = arguments(argument, "Join")?;
                Value::String(self.texts(parts)?.join(&delimiter.text()?))
            }
            Intrinsic::Split => {
                let [delimiter, text] = arguments(argument, "Split")?;
                let (delimiter, text) = (delimiter.text()?, self.text(text)?);
                Value::from(text.split(delimiter.as_str()).collect::<Vec<_>>())
            }
            Intrinsic::Select => {
                let [index, list] = arguments(argument, "Select")?;
                let index = self.text(index)?;
                match (index.parse::<usize>(), self.value(list)?) {
                    (Ok(index), Some(Value::Array(mut values))) if index < values.len() => values.swap_remove(index),
                    _ => return Err(TemplateError::at(line, format!("Select finds no element {index}"))),
                }
            }
            Intrinsic::Equals | Intrinsic::Not | Intrinsic::And | Intrinsic::Or | Intrinsic::Condition => {
                return Err(TemplateError::at(line, "a condition function belongs into the section Conditions"));
            }
        }))
    }

    fn boolean(&self, node: &Node) -> Result<bool, TemplateError> {
        let line = node.line;
        match &node.content {
            Content::Intrinsic(Intrinsic::Equals, argument) => {
                let [left, right] = arguments(argument, "Equals")?;
                Ok(self.text(left)? == self.text(right)?)
            }
            Content::Intrinsic(Intrinsic::Not, argument) => {
                let [inner] = arguments(argument, "Not")?;
                Ok(!self.boolean(inner)?)
            }
            Content::Intrinsic(Intrinsic::And, argument) => {
                argument.list()?.iter().try_fold(true, |all, inner| Ok(self.boolean(inner)? && all))
            }
            Content::Intrinsic(Intrinsic::Or, argument) => {
                argument.list()?.iter().try_fold(false, |any, inner| Ok(self.boolean(inner)? || any))
            }
            Content::Intrinsic(Intrinsic::Condition, name) => self.condition(&name.text()?, line),
            Content::Map(entries) => match entries.as_slice() {
                [(key, name)] if key == "Condition" => self.condition(&name.text()?, line),
                _ => Err(TemplateError::at(line, "a condition should stand here")),
            },
            _ => Err(TemplateError::at(line, "a condition should stand here")),
        }
    }

    fn reference(&self, name: &str, line: usize) -> Result<Option<Value>, TemplateError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        Ok(Some(Value::String(match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::StackName" => self.surroundings.stack_name.clone(),
            "AWS::StackId" => stack_id(&self.surroundings.stack_name),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => match name.split_once('.') {
                // What SAM makes of an HttpApi, and lets the template refer to.
                Some((api, "Stage")) if self.named(api, line)?.kind == Kind::HttpApi => DEFAULT_STAGE.to_owned(),
                _ => self.named(name, line)?.reference(),
            },
        })))
    }

    fn get_att(&self, argument: &Node) -> Result<String, TemplateError> {
        let (name, attribute) = match &argument.content {
            Content::List(_) => {
                let [name, attribute] = arguments(argument, "GetAtt")?;
                (name.text()?, self.text(attribute)?)
            }
            _ => {
                let text = argument.text()?;
                let Some((name, attribute)) = text.split_once('.') else {
                    return Err(TemplateError::at(argument.line, "GetAtt should be Resource.Attribute"));
                };
                (name.to_owned(), attribute.to_owned())
            }
        };
        self.attribute(&name, &attribute, argument.line)
    }

    fn attribute(&self, name: &str, attribute: &str, line: usize) -> Result<String, TemplateError> {
        self.named(name, line)?.attribute(attribute).ok_or_else(|| {
            TemplateError::at(line, format!("the local stack does not know the attribute {name}.{attribute}"))
        })
    }

    fn named(&self, name: &str, line: usize) -> Result<Named<'_>, TemplateError> {
        let Some(resource) = self.resources.get(name) else {
            return Err(TemplateError::at(line, format!("there is no parameter or resource {name}")));
        };
        if !self.exists(resource)? {
            return Err(TemplateError::at(line, format!("this refers to {name}, which its condition leaves out")));
        }
        let bus = match resource.kind {
            Kind::Rule => Some(self.bus_of_rule(resource)?),
            _ => None,
        };
        Ok(Named {
            kind: resource.kind,
            name: self.physical_name(name, resource)?,
            bus,
            sqs_endpoint: &self.surroundings.sqs_endpoint,
            api_endpoint: &self.surroundings.api_endpoint,
        })
    }

    fn sub(&self, argument: &Node) -> Result<String, TemplateError> {
        let (template, variables) = match &argument.content {
            Content::List(_) => {
                let [template, variables] = arguments(argument, "Sub")?;
                (template.text()?, Some(variables))
            }
            _ => (argument.text()?, None),
        };
        let line = argument.line;
        let mut text = String::new();
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err(TemplateError::at(line, "Sub has a ${ without its }"));
            };
            text.push_str(before);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let name = name.trim();
            let value = match (variables.and_then(|variables| variables.get(name)), name.split_once('.')) {
                (Some(variable), _) => self.value(variable)?,
                (None, Some((resource, attribute))) => Some(Value::String(self.attribute(resource, attribute, line)?)),
                (None, None) => self.reference(name, line)?,
            };
            text.push_str(&plain(value.unwrap_or_default(), line)?);
        }
        text.push_str(rest);
        Ok(text)
    }

    fn texts(&self, node: &Node) -> Result<Vec<String>, TemplateError> {
        match self.value(node)? {
            Some(Value::Array(values)) => values.into_iter().map(|value| plain(value, node.line)).collect(),
            _ => Err(TemplateError::at(node.line, "a list should stand here")),
        }
    }

    fn text(&self, node: &Node) -> Result<String, TemplateError> {
        plain(self.value(node)?.unwrap_or_default(), node.line)
    }

    fn optional_text(&self, node: &Node) -> Result<Option<String>, TemplateError> {
        self.value(node)?.map(|value| plain(value, node.line)).transpose()
    }

    fn guarded<T>(
        &self,
        what: &str,
        line: usize,
        resolve: impl FnOnce() -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.path.borrow().iter().any(|earlier| earlier == what) {
            return Err(TemplateError::at(line, format!("{what} depends on itself")));
        }
        self.path.borrow_mut().push(what.to_owned());
        let result = resolve();
        self.path.borrow_mut().pop();
        result
    }
}

fn arguments<'a, const COUNT: usize>(node: &'a Node, name: &str) -> Result<&'a [Node; COUNT], TemplateError> {
    node.list()?.try_into().map_err(|_| TemplateError::at(node.line, format!("{name} takes a list of {COUNT}")))
}

fn plain(value: Value, line: usize) -> Result<String, TemplateError> {
    match value {
        Value::Array(_) | Value::Object(_) => {
            Err(TemplateError::at(line, "a text should stand here, not a list or a map"))
        }
        scalar => Ok(scalar_text(&scalar)),
    }
}
