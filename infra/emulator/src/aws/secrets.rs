//! Secrets Manager: the secrets of the template, made once and kept under DATA, over the AWS JSON 1.1 protocol.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    error::Error,
    lenient,
    lock::lock,
    names::{ACCOUNT, REGION},
    properties::properties,
    response::json_response,
};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Secrets Manager.
#[derive(Clone)]
pub struct SecretsManager {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By name.
    values: BTreeMap<String, String>,
    /// The versions that are AWSCURRENT, by name, since the start; before its first change a secret's is its name.
    current: BTreeMap<String, String>,
    /// The values of versions that are not AWSCURRENT yet, by their ids.
    pending: BTreeMap<String, String>,
    file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SecretProperties {
    generate_secret_string: GenerateSecretString,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GenerateSecretString {
    #[serde(default, deserialize_with = "lenient::number")]
    password_length: Option<u64>,
    /// Nothing but letters and digits is made here.
    #[serde(rename = "ExcludePunctuation", deserialize_with = "lenient::boolean")]
    _exclude_punctuation: bool,
    /// The JSON object that the generated text goes into, and the key it has there: both or neither.
    secret_string_template: Option<String>,
    generate_string_key: Option<String>,
}

impl GenerateSecretString {
    /// A random value as long as it says.
    fn value(&self) -> Result<String, &'static str> {
        let length = usize::try_from(self.password_length.unwrap_or(32)).unwrap_or(usize::MAX).min(4096);
        let mut generated = String::new();
        while generated.len() < length {
            generated.push_str(&Uuid::new_v4().simple().to_string());
        }
        generated.truncate(length);
        match (&self.secret_string_template, &self.generate_string_key) {
            (None, None) => Ok(generated),
            (Some(template), Some(key)) => {
                let mut object: Map<String, Value> =
                    serde_json::from_str(template).map_err(|_| "SecretStringTemplate is no JSON object")?;
                object.insert(key.clone(), generated.into());
                Ok(Value::Object(object).to_string())
            }
            _ => Err("SecretStringTemplate and GenerateStringKey come together"),
        }
    }
}

impl SecretsManager {
    /// Opens what `data` keeps, or nothing.
    pub(super) fn open(data: Option<&Path>) -> Result<Self, Error> {
        let file = data.map(|folder| folder.join("secrets.json"));
        let values = match &file {
            Some(file) if file.exists() => serde_json::from_slice(&fs::read(file)?)
                .map_err(|error| Error::Unsupported(format!("{}: {error}", file.display())))?,
            _ => BTreeMap::new(),
        };
        Ok(Self { state: Arc::new(Mutex::new(State { values, file, ..State::default() })) })
    }

    /// Makes a secret from its CloudFormation properties; leaves one that exists as it is.
    pub fn create_secret(&self, name: &str, secret: &Value) -> Result<(), Error> {
        const KIND: &str = "AWS::SecretsManager::Secret";
        let SecretProperties { generate_secret_string: generated } =
            properties(KIND, name, secret, &["Name", "Description", "KmsKeyId", "Tags"])?;
        let mut state = lock(&self.state);
        if !state.values.contains_key(name) {
            let value = generated.value().map_err(|what| Error::Unsupported(format!("{KIND} {name}: {what}")))?;
            state.values.insert(name.to_owned(), value);
            state.keep()?;
        }
        Ok(())
    }

    /// The value of a secret, by its ARN or name.
    pub fn value(&self, id: &str) -> Option<String> {
        lock(&self.state).values.get(secret_name(id)).cloned()
    }

    /// Makes a version of a secret, which is AWSCURRENT from now on unless it is to have other labels alone.
    fn put(&self, name: &str, version: &str, value: &str, is_current: bool) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if is_current {
            return state.change(name, version, value.to_owned());
        }
        state.pending.insert(version.to_owned(), value.to_owned());
        Ok(())
    }

    /// Moves AWSCURRENT from one version to another; false where the former does not have it, or there is no other.
    fn move_current(&self, name: &str, from: &str, to: &str) -> Result<bool, Error> {
        let mut state = lock(&self.state);
        if state.version(name) != from {
            return Ok(false);
        }
        let Some(value) = state.pending.remove(to) else { return Ok(false) };
        state.change(name, to, value).map(|()| true)
    }

    /// Replaces the dynamic references in a text by what they refer to.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html>
    pub fn resolve(&self, text: &str) -> Result<String, Error> {
        const START: &str = "{{resolve:";
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, reference)) = rest.split_once(START) {
            let (reference, behind) = reference
                .split_once("}}")
                .ok_or_else(|| Error::Unsupported("a dynamic reference that does not end".to_owned()))?;
            let value = reference.strip_prefix("secretsmanager:").and_then(|id| self.value(id));
            // Of a secret's JSON keys and versions the local stack knows nothing, so they are part of an unknown name.
            let value =
                value.ok_or_else(|| Error::Unsupported(format!("{START}{reference}}}}}: no such secret here")))?;
            resolved = resolved + before + &value;
            rest = behind;
        }
        Ok(resolved + rest)
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let fault = |code: &str, message: String| {
            json_response(400, CONTENT_TYPE, &[], &json!({ "__type": code, "Message": message }))
        };
        let input: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let text = |field: &str| input[field].as_str().unwrap_or_default();
        let id = text("SecretId");
        let Some(value) = self.value(id) else {
            return fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.".to_owned());
        };
        let name = secret_name(id);
        let mut told = json!({ "ARN": secret_arn(name), "Name": name });
        match (target, input["SecretString"].as_str()) {
            ("secretsmanager.GetSecretValue", _) => {
                told["SecretString"] = value.into();
                told["VersionId"] = lock(&self.state).version(name).into();
                told["VersionStages"] = json!(["AWSCURRENT"]);
            }
            ("secretsmanager.PutSecretValue", Some(value)) => {
                let stages = input["VersionStages"].as_array();
                let is_current = stages.is_none_or(|stages| stages.contains(&json!("AWSCURRENT")));
                if let Err(error) = self.put(name, text("ClientRequestToken"), value, is_current) {
                    return fault("InternalServiceError", error.to_string());
                }
                told["VersionId"] = text("ClientRequestToken").into();
            }
            ("secretsmanager.UpdateSecretVersionStage", _) if text("VersionStage") == "AWSCURRENT" => {
                match self.move_current(name, text("RemoveFromVersionId"), text("MoveToVersionId")) {
                    Ok(true) => {}
                    Ok(false) => {
                        let message = "AWSCURRENT is attached to another version than RemoveFromVersionId.";
                        return fault("InvalidParameterException", message.to_owned());
                    }
                    Err(error) => return fault("InternalServiceError", error.to_string()),
                }
            }
            _ => return fault("UnknownOperationException", format!("{target} is not known locally.")),
        }
        json_response(200, CONTENT_TYPE, &[], &told)
    }
}

impl State {
    /// The id of the version that is AWSCURRENT.
    fn version(&self, name: &str) -> String {
        self.current.get(name).map_or(name, String::as_str).to_owned()
    }

    /// Makes a version AWSCURRENT, and keeps its value.
    fn change(&mut self, name: &str, version: &str, value: String) -> Result<(), Error> {
        self.values.insert(name.to_owned(), value);
        self.current.insert(name.to_owned(), version.to_owned());
        self.keep()
    }

    /// Writes the secrets to their file, which this user alone may read.
    fn keep(&self) -> Result<(), Error> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = serde_json::to_vec_pretty(&self.values).map_err(|error| Error::Unsupported(error.to_string()))?;
        let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        file?.write_all(&text)?;
        Ok(())
    }
}

/// Secrets Manager ends the ARN of a secret with a hyphen and six characters.
const SUFFIX: &str = "-LOCAL0";

/// The ARN of a secret.
pub(crate) fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}{SUFFIX}")
}

fn secret_name(id: &str) -> &str {
    match id.split_once(":secret:") {
        Some((_, name)) => name.strip_suffix(SUFFIX).unwrap_or(name),
        None => id,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn key() -> Value {
        json!({ "Description": "a key", "GenerateSecretString": { "PasswordLength": 64, "ExcludePunctuation": true } })
    }

    #[test]
    fn a_secret_is_made_once_and_kept_for_this_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let data = TempDir::new().unwrap();
        let value = || {
            let secrets = SecretsManager::open(Some(data.path())).unwrap();
            secrets.create_secret("shop-Key", &key()).unwrap();
            secrets.value(&secret_arn("shop-Key")).unwrap()
        };
        let first = value();
        assert_eq!(first.len(), 64);
        assert_eq!(value(), first);
        let mode = fs::metadata(data.path().join("secrets.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_secret_may_be_made_into_a_template() {
        let secrets = SecretsManager::open(None).unwrap();
        let made = |name: &str, template: Option<&str>, key: Option<&str>| {
            let mut generate = json!({ "PasswordLength": 40, "ExcludePunctuation": true });
            template.into_iter().for_each(|template| generate["SecretStringTemplate"] = template.into());
            key.into_iter().for_each(|key| generate["GenerateStringKey"] = key.into());
            secrets.create_secret(name, &json!({ "GenerateSecretString": generate })).map(|()| secrets.value(name))
        };
        let value = made("whole", Some(r#"{"user": "shop"}"#), Some("password")).unwrap().unwrap();
        let value: Value = serde_json::from_str(&value).unwrap();
        assert_eq!((&value["user"], value["password"].as_str().unwrap().len()), (&json!("shop"), 40));
        for (template, key) in [(Some("{}"), None), (None, Some("password")), (Some("[]"), Some("password"))] {
            assert!(made("part", template, key).is_err(), "{template:?} {key:?}");
        }
    }

    #[test]
    fn dynamic_references_are_replaced_and_unknown_ones_refused() {
        let secrets = SecretsManager::open(None).unwrap();
        secrets.create_secret("shop-Key", &key()).unwrap();
        let value = secrets.value("shop-Key").unwrap();
        let reference = format!("{{{{resolve:secretsmanager:{}}}}}", secret_arn("shop-Key"));
        assert_eq!(secrets.resolve(&format!("a {reference} b {reference}")).unwrap(), format!("a {value} b {value}"));
        assert_eq!(secrets.resolve("{{ nothing }}").unwrap(), "{{ nothing }}");
        for unknown in
            ["{{resolve:secretsmanager:other}}", "{{resolve:ssm:shop-Key}}", "{{resolve:secretsmanager:shop-Key"]
        {
            assert!(secrets.resolve(unknown).is_err(), "{unknown}");
        }
    }
    #[test]
    fn the_current_version_is_moved_only_by_who_knows_it() {
        let secrets = SecretsManager::open(None).unwrap();
        secrets.create_secret("shop-Key", &key()).unwrap();
        let ask = |target: &str, mut input: Value| -> (u16, Value) {
            input["SecretId"] = secret_arn("shop-Key").into();
            let request = Request::builder().header("x-amz-target", format!("secretsmanager.{target}"));
            let answer = secrets.answer(&request.body(Bytes::from(input.to_string())).unwrap());
            (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
        };
        let first = ask("GetSecretValue", json!({})).1["VersionId"].clone();
        for (token, value) in [("one", "1"), ("two", "2")] {
            let put = json!({ "ClientRequestToken": token, "SecretString": value, "VersionStages": ["AWSPENDING"] });
            assert_eq!(ask("PutSecretValue", put).0, 200);
        }
        let moved = |from: &Value, to: &str| {
            let stage = json!({ "VersionStage": "AWSCURRENT", "RemoveFromVersionId": from, "MoveToVersionId": to });
            ask("UpdateSecretVersionStage", stage)
        };
        assert_eq!(moved(&first, "one").0, 200);
        let late = moved(&first, "two");
        assert_eq!((late.0, &late.1["__type"]), (400, &json!("InvalidParameterException")));
        assert_eq!(secrets.value("shop-Key").unwrap(), "1");
        assert_eq!(moved(&json!("one"), "two").0, 200);
        assert_eq!(secrets.value("shop-Key").unwrap(), "2");
    }
}
