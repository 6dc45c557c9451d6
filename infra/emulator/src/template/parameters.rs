//! The Parameters section: declarations, constraints and the values given for them.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Number, Value};

use super::{
    error::TemplateError,
    yaml::{Node, scalar_text},
};

/// The value of every declared parameter: the one given, else its default.
///
/// A value for an unknown parameter, a parameter without a value and a value its constraints do not allow are errors.
pub(super) fn values(
    declared: Option<&Node>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    let declared: BTreeMap<&str, &Node> = declared.map(|node| node.entries().collect()).unwrap_or_default();
    if let Some(name) = given.keys().find(|name| !declared.contains_key(name.as_str())) {
        return Err(TemplateError::new(format!("the template has no parameter {name}")));
    }
    let mut values = BTreeMap::new();
    for (name, declaration) in declared {
        let default = declaration.get("Default").map(Node::text).transpose()?;
        let text = given.get(name).cloned().or(default).ok_or_else(|| {
            TemplateError::at(declaration.line, format!("the parameter {name} has no default and was given no value"))
        })?;
        values.insert(name.to_owned(), value(name, declaration, &text)?);
    }
    Ok(values)
}

/// The names of the declared parameters.
pub(super) fn names(declared: Option<&Node>) -> Vec<String> {
    declared.map(|node| node.entries().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
}

/// The values as CloudFormation shows them: a list with commas, and four stars for what `NoEcho` keeps secret.
pub(super) fn shown(declared: Option<&Node>, values: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let is_secret = |name: &str| {
        let no_echo = declared.and_then(|node| node.get(name)?.get("NoEcho"));
        no_echo.and_then(|node| node.text().ok()).is_some_and(|text| text == "true")
    };
    let shown = |value: &Value| match value {
        Value::Array(parts) => parts.iter().map(scalar_text).collect::<Vec<_>>().join(","),
        scalar => scalar_text(scalar),
    };
    let values = values.iter().map(|(name, value)| {
        let shown = if is_secret(name) { "****".to_owned() } else { shown(value) };
        (name.clone(), shown)
    });
    values.collect()
}

fn value(name: &str, declaration: &Node, text: &str) -> Result<Value, TemplateError> {
    let kind = declaration.get("Type").map(Node::text).transpose()?.unwrap_or_default();
    let is_a_list = matches!(kind.as_str(), "CommaDelimitedList" | "List<Number>");
    let is_a_number = matches!(kind.as_str(), "Number" | "List<Number>");
    if !is_a_list && !is_a_number && kind != "String" {
        return Err(TemplateError::at(
            declaration.line,
            format!("the parameter {name} has the type {kind}, which the local stack does not know"),
        ));
    }
    let parts: Vec<&str> = match is_a_list {
        true if text.is_empty() => Vec::new(),
        true => text.split(',').map(str::trim).collect(),
        false => vec![text],
    };
    for part in &parts {
        check(name, declaration, part, is_a_number)?;
    }
    let mut values = parts.into_iter().map(|part| match is_a_number {
        true => number(part).map_or(Value::Null, Value::Number),
        false => Value::from(part),
    });
    Ok(if is_a_list { Value::Array(values.collect()) } else { values.next().unwrap_or_default() })
}

fn check(name: &str, declaration: &Node, text: &str, is_a_number: bool) -> Result<(), TemplateError> {
    let refused = |rule: String| {
        let said = declaration.get("ConstraintDescription").and_then(|node| node.text().ok());
        let reason = said.unwrap_or(rule);
        TemplateError::at(declaration.line, format!("the parameter {name} cannot be \"{text}\": {reason}"))
    };
    if is_a_number {
        let value = number(text).and_then(|number| number.as_f64());
        let value = value.ok_or_else(|| refused("it should be a number".into()))?;
        if let Some(least) = bound(declaration, "MinValue")?.filter(|least| value < *least) {
            return Err(refused(format!("it should be at least {least}")));
        }
        if let Some(most) = bound(declaration, "MaxValue")?.filter(|most| value > *most) {
            return Err(refused(format!("it should be at most {most}")));
        }
    } else {
        let length = text.chars().count() as f64;
        if let Some(least) = bound(declaration, "MinLength")?.filter(|least| length < *least) {
            return Err(refused(format!("it should have at least {least} characters")));
        }
        if let Some(most) = bound(declaration, "MaxLength")?.filter(|most| length > *most) {
            return Err(refused(format!("it should have at most {most} characters")));
        }
    }
    if let Some(node) = declaration.get("AllowedPattern") {
        let pattern = node.text()?;
        // CloudFormation matches the whole value.
        let expression = Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|error| TemplateError::at(node.line, format!("AllowedPattern of {name}: {error}")))?;
        if !expression.is_match(text) {
            return Err(refused(format!("it should match {pattern}")));
        }
    }
    if let Some(node) = declaration.get("AllowedValues") {
        let allowed = node.list()?.iter().map(Node::text).collect::<Result<Vec<_>, _>>()?;
        if !allowed.iter().any(|value| value == text) {
            return Err(refused(format!("it should be one of {}", allowed.join(", "))));
        }
    }
    Ok(())
}

fn bound(declaration: &Node, rule: &str) -> Result<Option<f64>, TemplateError> {
    let Some(node) = declaration.get(rule) else {
        return Ok(None);
    };
    match node.text()?.parse() {
        Ok(bound) => Ok(Some(bound)),
        Err(_) => Err(TemplateError::at(node.line, format!("{rule} should be a number"))),
    }
}

fn number(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).ok().or_else(|| text.parse().ok().and_then(Number::from_f64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::yaml;
    use super::{shown, values};

    const DECLARED: &str = r"
Name: {Type: String, MinLength: 2, MaxLength: 5, AllowedPattern: '[a-z]*', ConstraintDescription: Two to five letters.}
Days: {Type: Number, Default: 7, MinValue: 1, MaxValue: 30}
Flag: {Type: String, Default: 'true', AllowedValues: ['true', 'false']}
Hosts: {Type: CommaDelimitedList, Default: 'a.example, b.example'}
";

    fn resolved(given: &[(&str, &str)]) -> Result<serde_json::Value, String> {
        let declared = yaml::parse(DECLARED).unwrap();
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        values(Some(&declared), &given).map(|values| json!(values)).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_fill_what_was_not_given() {
        let expected = json!({"Name": "abc", "Days": 7, "Flag": "true", "Hosts": ["a.example", "b.example"]});
        assert_eq!(resolved(&[("Name", "abc")]), Ok(expected));
    }

    #[test]
    fn values_are_shown_as_cloudformation_shows_them() {
        let declared = yaml::parse(&format!("{DECLARED}Key: {{Type: String, Default: hush, NoEcho: true}}")).unwrap();
        let values = values(Some(&declared), &[("Name".to_owned(), "abc".to_owned())].into()).unwrap();
        let expected =
            json!({"Name": "abc", "Days": "7", "Flag": "true", "Hosts": "a.example,b.example", "Key": "****"});
        assert_eq!(json!(shown(Some(&declared), &values)), expected);
    }

    #[test]
    fn a_value_that_a_constraint_refuses_is_an_error_naming_the_parameter() {
        for (given, message) in [
            (vec![], "the parameter Name has no default and was given no value"),
            (vec![("Name", "a")], "the parameter Name cannot be \"a\": Two to five letters."),
            (vec![("Name", "abcdef")], "the parameter Name cannot be \"abcdef\": Two to five letters."),
            (vec![("Name", "abC")], "the parameter Name cannot be \"abC\": Two to five letters."),
            (vec![("Name", "abc"), ("Days", "0")], "the parameter Days cannot be \"0\": it should be at least 1"),
            (vec![("Name", "abc"), ("Days", "31")], "the parameter Days cannot be \"31\": it should be at most 30"),
            (vec![("Name", "abc"), ("Days", "x")], "the parameter Days cannot be \"x\": it should be a number"),
            (vec![("Name", "abc"), ("Flag", "no")], "it should be one of true, false"),
            (vec![("Name", "abc"), ("Nope", "1")], "the template has no parameter Nope"),
        ] {
            let error = resolved(&given).unwrap_err();
            assert!(error.contains(message), "{error} should contain {message}");
        }
    }
}
