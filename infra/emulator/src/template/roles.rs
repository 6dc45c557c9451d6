//! IAM roles that the template names itself: what the functions that assume them may do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    error::TemplateError,
    functions::{Function, statements},
    resources::Resource,
    yaml::Node,
};
use crate::aws::ACCOUNT;

/// The template's roles and managed policies by their ARNs.
#[derive(Default)]
pub(super) struct Roles {
    roles: BTreeMap<String, Role>,
    managed_policies: BTreeMap<String, Vec<Value>>,
}

struct Role {
    logical_id: String,
    line: usize,
    statements: Vec<Value>,
    managed_policies: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RoleProperties {
    #[serde(rename = "RoleName")]
    _role_name: Option<String>,
    assume_role_policy_document: Value,
    #[serde(default)]
    managed_policy_arns: Vec<String>,
    #[serde(default)]
    policies: Vec<InlinePolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct InlinePolicy {
    #[serde(rename = "PolicyName")]
    _policy_name: String,
    policy_document: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ManagedPolicyProperties {
    #[serde(rename = "ManagedPolicyName")]
    _managed_policy_name: Option<String>,
    #[serde(rename = "Description")]
    _description: Option<String>,
    policy_document: Value,
}

impl Roles {
    /// Reads a role. One that Lambda may not assume is an error: no function could start with it.
    pub(super) fn add_role(&mut self, resource: Resource, node: &Node) -> Result<(), TemplateError> {
        let logical_id = resource.logical_id;
        let refused = |message: String| TemplateError::at(node.line, format!("{logical_id}: {message}"));
        let properties: RoleProperties =
            serde_json::from_value(resource.properties).map_err(|error| refused(error.to_string()))?;
        let trusts = statements(properties.assume_role_policy_document).map_err(refused)?;
        let is_lambda = |statement: &Value| {
            statement["Effect"] == "Allow"
                && statement["Action"] == "sts:AssumeRole"
                && statement["Principal"]["Service"] == "lambda.amazonaws.com"
        };
        if !trusts.iter().any(is_lambda) {
            return Err(refused(
                "AssumeRolePolicyDocument does not let lambda.amazonaws.com sts:AssumeRole".to_owned(),
            ));
        }
        let documents = properties.policies.into_iter().map(|policy| policy.policy_document).collect();
        let statements = statements(Value::Array(documents)).map_err(refused)?;
        let role = Role {
            line: node.line,
            statements,
            managed_policies: properties.managed_policy_arns,
            logical_id: logical_id.clone(),
        };
        self.roles.insert(format!("arn:aws:iam::{ACCOUNT}:role/{}", resource.name), role);
        Ok(())
    }

    /// Reads a managed policy; gives its statements.
    pub(super) fn add_managed_policy(&mut self, resource: Resource, node: &Node) -> Result<Value, TemplateError> {
        let refused = |message: String| TemplateError::at(node.line, format!("{}: {message}", resource.logical_id));
        let properties: ManagedPolicyProperties =
            serde_json::from_value(resource.properties).map_err(|error| refused(error.to_string()))?;
        let statements = statements(properties.policy_document).map_err(refused)?;
        self.managed_policies.insert(format!("arn:aws:iam::{ACCOUNT}:policy/{}", resource.name), statements.clone());
        Ok(Value::Array(statements))
    }

    /// Gives each function what its role allows.
    pub(super) fn give_to(&self, functions: &mut [Function]) -> Result<(), TemplateError> {
        for function in functions {
            let Some(arn) = &function.role else { continue };
            let role = self.roles.get(arn).ok_or_else(|| {
                TemplateError::new(format!("{}: the template has no role {arn}", function.logical_id))
            })?;
            let mut statements = role.statements.clone();
            for arn in &role.managed_policies {
                let unknown = || format!("{}: the local stack does not know the policy {arn}", role.logical_id);
                let managed = self.managed_policies.get(arn);
                statements.extend(managed.ok_or_else(|| TemplateError::at(role.line, unknown()))?.iter().cloned());
            }
            function.policy = Value::Array(statements);
        }
        Ok(())
    }
}
