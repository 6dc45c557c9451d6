//! CloudFormation's YAML: plain data plus intrinsics, in their short (`!Sub`) or long (`Fn::Sub`) form.

use saphyr::{LoadableYamlNode, MarkedYamlOwned, ScalarOwned, YamlDataOwned};
use serde_json::{Number, Value};

use super::error::TemplateError;

/// A part of the template, with the line it begins on.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) content: Content,
}

/// What stands in a part of the template.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    Intrinsic(Intrinsic, Box<Node>),
}

/// The intrinsics the local stack knows. Any other stops it while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intrinsic {
    Ref,
    GetAtt,
    Sub,
    Join,
    Select,
    Split,
    If,
    Equals,
    Not,
    And,
    Or,
    Condition,
}

impl Node {
    /// The node under `key` of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// The entries of a map; nothing for anything else.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let entries = match &self.content {
            Content::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// The elements of a list, or an error that says a list should stand here.
    pub(super) fn list(&self) -> Result<&[Self], TemplateError> {
        match &self.content {
            Content::List(elements) => Ok(elements),
            _ => Err(TemplateError::at(self.line, "a list should stand here")),
        }
    }

    /// The text of a scalar, or an error that says a text should stand here.
    pub(super) fn text(&self) -> Result<String, TemplateError> {
        match &self.content {
            Content::Scalar(value) => Ok(scalar_text(value)),
            _ => Err(TemplateError::at(self.line, "a plain text should stand here")),
        }
    }
}

/// Reads YAML; an intrinsic that is not known, a duplicate key or malformed YAML is an error naming the line.
pub(super) fn parse(text: &str) -> Result<Node, TemplateError> {
    let documents =
        MarkedYamlOwned::load_from_str(text).map_err(|error| TemplateError::at(error.marker().line(), error.info()))?;
    match documents.as_slice() {
        [document] => node(document, 1),
        _ => Err(TemplateError::new("the template should be one YAML document")),
    }
}

/// The text CloudFormation makes of a scalar.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn node(yaml: &MarkedYamlOwned, line_around: usize) -> Result<Node, TemplateError> {
    // Below a tag, a scalar carries no position of its own.
    let line = Some(yaml.span.start.line()).filter(|line| *line > 0).unwrap_or(line_around);
    let content = match &yaml.data {
        YamlDataOwned::Value(value) => Content::Scalar(scalar(value)),
        YamlDataOwned::Sequence(elements) => {
            Content::List(elements.iter().map(|element| node(element, line)).collect::<Result<_, _>>()?)
        }
        YamlDataOwned::Mapping(mapping) => {
            let mut entries = Vec::with_capacity(mapping.len());
            for (key, value) in mapping {
                entries.push((node(key, line)?.text()?, node(value, line)?));
            }
            long_form(line, entries)?
        }
        YamlDataOwned::Tagged(tag, argument) => {
            let known = (tag.handle == "!").then(|| intrinsic(&tag.suffix)).flatten();
            match known {
                Some(intrinsic) => Content::Intrinsic(intrinsic, Box::new(node(argument, line)?)),
                None => return Err(unknown(line, &tag.to_string())),
            }
        }
        YamlDataOwned::Representation(..) | YamlDataOwned::Alias(_) | YamlDataOwned::BadValue => {
            return Err(TemplateError::at(line, "this YAML value cannot be read"));
        }
    };
    Ok(Node { line, content })
}

fn long_form(line: usize, mut entries: Vec<(String, Node)>) -> Result<Content, TemplateError> {
    let [(key, _)] = entries.as_slice() else {
        return match entries.iter().find(|(key, _)| key.starts_with("Fn::")) {
            Some((key, node)) => Err(TemplateError::at(node.line, format!("{key} stands beside other keys"))),
            None => Ok(Content::Map(entries)),
        };
    };
    let known = match key.as_str() {
        "Ref" => Some(Intrinsic::Ref),
        key => match key.strip_prefix("Fn::") {
            Some(name) => Some(intrinsic(name).ok_or_else(|| unknown(line, key))?),
            None => None,
        },
    };
    match known {
        Some(intrinsic) => {
            let (_, argument) = entries.remove(0);
            Ok(Content::Intrinsic(intrinsic, Box::new(argument)))
        }
        None => Ok(Content::Map(entries)),
    }
}

fn intrinsic(name: &str) -> Option<Intrinsic> {
    Some(match name {
        "Ref" => Intrinsic::Ref,
        "GetAtt" => Intrinsic::GetAtt,
        "Sub" => Intrinsic::Sub,
        "Join" => Intrinsic::Join,
        "Select" => Intrinsic::Select,
        "Split" => Intrinsic::Split,
        "If" => Intrinsic::If,
        "Equals" => Intrinsic::Equals,
        "Not" => Intrinsic::Not,
        "And" => Intrinsic::And,
        "Or" => Intrinsic::Or,
        "Condition" => Intrinsic::Condition,
        _ => return None,
    })
}

fn unknown(line: usize, name: &str) -> TemplateError {
    TemplateError::at(line, format!("the local stack does not know the intrinsic {name}"))
}

fn scalar(value: &ScalarOwned) -> Value {
    match value {
        ScalarOwned::Null => Value::Null,
        ScalarOwned::Boolean(boolean) => Value::Bool(*boolean),
        ScalarOwned::Integer(integer) => Value::from(*integer),
        ScalarOwned::FloatingPoint(float) => Number::from_f64(float.into_inner()).map_or(Value::Null, Value::Number),
        ScalarOwned::String(text) => Value::String(text.clone()),
    }
}
