//! The permissions that the functions' roles grant.

use std::collections::BTreeSet;

use super::names::{Names, crate_name};
use super::sam::{Node, Template, TemplateError};
use crate::clients::calls::Permission;

/// Reads the permissions that a policy of each function's role grants.
pub(super) fn read(template: &Template, policy: &str) -> Result<BTreeSet<Permission>, TemplateError> {
    let names = Names { template };
    let mut allowed = BTreeSet::new();
    for (_, function) in template.resources("AWS::Serverless::Function") {
        let name = crate_name(&function)?;
        for statement in statements(template, &function, policy)? {
            for action in statement.get("Action").one_or_more() {
                for resource in statement.get("Resource").one_or_more() {
                    allowed.insert(Permission {
                        function: name.clone(),
                        action: action.text()?,
                        resource: names.resource(&resource)?,
                    });
                }
            }
        }
    }
    Ok(allowed)
}

/// The statements of one policy of a function's role.
fn statements<'t>(template: &'t Template, function: &Node<'t>, policy: &str) -> Result<Vec<Node<'t>>, TemplateError> {
    let id = function.get("Properties").get("Role").resource()?;
    let mut roles = template.resources("AWS::IAM::Role");
    let role = roles.find(|(role, _)| *role == id).map(|(_, role)| role.get("Properties").get("Policies").list());
    let policies =
        role.ok_or_else(|| function.get("Properties").get("Role").error("does not refer to a role of the template"))?;
    let mut statements = Vec::new();
    for found in policies {
        if found.get("PolicyName").text()? == policy {
            statements.extend(found.get("PolicyDocument").get("Statement").list());
        }
    }
    Ok(statements)
}
