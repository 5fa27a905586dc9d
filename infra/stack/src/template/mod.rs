//! Reads infra/template.yaml, so that AWS and the laptop have one list of what is deployed.

mod definitions;
mod footprint;
mod names;
mod permissions;
mod sam;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::account::{ACCOUNT, REGION, STACK_NAME};
use crate::clients::calls::Permission;
use crate::resources::ResourceDefinitions;
use sam::Template;

pub use footprint::Footprint;
pub use sam::TemplateError;

/// The template, compiled in.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The resources that infra/template.yaml defines for a deployment of this name. Its parameters have their defaults.
///
/// # Errors
/// When the template is not in the expected form. The tests of this module rule that out.
pub fn definitions(stack: &str) -> Result<ResourceDefinitions, TemplateError> {
    definitions::read(&template(TEMPLATE, stack)?)
}

/// What infra/template.yaml costs while nothing happens, and the memory that its functions are billed for.
///
/// # Errors
/// When the template is not in the expected form.
pub fn footprint() -> Result<Footprint, TemplateError> {
    footprint::read(&template(TEMPLATE, STACK_NAME)?)
}

/// The permissions that one policy of each function's role grants, in a deployment of this name. The policy `function`
/// covers the calls of the function, as [`CallLog`](crate::calls::CallLog) collects them. The policy `lambda` covers
/// what Lambda does on behalf of the function.
///
/// # Errors
/// When the template is not in the expected form.
pub fn permissions(stack: &str, policy: &str) -> Result<BTreeSet<Permission>, TemplateError> {
    permissions::read(&template(TEMPLATE, stack)?, policy)
}

fn template(text: &str, stack: &str) -> Result<Template, TemplateError> {
    Template::parse(text, stack, REGION, ACCOUNT)
}
