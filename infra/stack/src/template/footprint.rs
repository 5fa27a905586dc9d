//! What a deployment costs while nothing happens.

use std::collections::BTreeMap;

use super::names::crate_name;
use super::sam::{Node, Template, TemplateError};

/// What a deployment costs while nothing happens, and the memory that its functions are billed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// The memory of each function in MB, by the name of its crate.
    pub memory: BTreeMap<String, u32>,
    /// How many alarms there are. Each watches one metric.
    pub alarms: usize,
    /// How many dashboards there are.
    pub dashboards: usize,
}

/// Reads the footprint.
pub(super) fn read(template: &Template) -> Result<Footprint, TemplateError> {
    let memory = |(_, function): (&str, Node<'_>)| {
        let size = template.function_property(&function, "MemorySize");
        Ok((crate_name(&function)?, size.maybe_number()?.ok_or_else(|| size.error("is missing"))?))
    };
    Ok(Footprint {
        memory: template.resources("AWS::Serverless::Function").map(memory).collect::<Result<_, TemplateError>>()?,
        alarms: template.resources("AWS::CloudWatch::Alarm").count(),
        dashboards: template.resources("AWS::CloudWatch::Dashboard").count(),
    })
}
