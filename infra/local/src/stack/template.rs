//! The deployment's definition, read from infra/template.yaml: what is deployed and what runs here is one list.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::calls::Permission;
use super::resources::{Bucket, Definition, Index, Key, Mapping, Notification, Queue, Redrive, Schedule, Table};
use super::sam::{Node, Template};
use super::{ACCOUNT, REGION};

pub use super::sam::TemplateError;

/// The template, as it was when this was compiled.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// SQS's visibility timeout where a template gives none.
const DEFAULT_VISIBILITY: u32 = 30;

/// What infra/template.yaml defines, for a stack of a name.
///
/// # Errors
/// When the template is not as expected, which the tests of this module rule out.
pub fn definition(stack: &str) -> Result<Definition, TemplateError> {
    parse(TEMPLATE, stack)
}

/// What a SAM template defines, for a stack of a name and the defaults of its parameters.
///
/// # Errors
/// When the template is not as expected.
pub fn parse(text: &str, stack: &str) -> Result<Definition, TemplateError> {
    let template = Template::parse(text, stack, REGION, ACCOUNT)?;
    let names = Names { template: &template, stack };
    let mut buckets = template.resources("AWS::S3::Bucket");
    let (id, bucket) = buckets.next().ok_or_else(|| template.function_globals().wrong("stands beside no bucket"))?;
    let mut mappings = Vec::new();
    let mut schedules = Vec::new();
    for (_, function) in template.resources("AWS::Serverless::Function") {
        let name = crate_of(&function)?;
        for event in function.get("Properties").get("Events").entries() {
            let properties = event.get("Properties");
            match event.get("Type").text()?.as_str() {
                "SQS" => mappings.push(mapping(&names, &name, &properties)?),
                "Schedule" => schedules.push(schedule(&name, &properties.get("Schedule"), &properties)?),
                "ScheduleV2" => schedules.push(schedule(&name, &properties.get("ScheduleExpression"), &properties)?),
                _ => {}
            }
        }
    }
    Ok(Definition {
        bucket: Bucket {
            name: names.of(id, "BucketName")?,
            notifications: notifications(&names, &bucket.get("Properties"))?,
        },
        tables: template
            .resources("AWS::DynamoDB::Table")
            .map(|(id, node)| table(&names, id, &node))
            .collect::<Result<_, _>>()?,
        queues: template
            .resources("AWS::SQS::Queue")
            .map(|(id, node)| queue(&names, id, &node))
            .collect::<Result<_, _>>()?,
        mappings,
        schedules,
    })
}

/// What of the template costs something while nothing happens, and what memory its functions are billed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// MB of memory by the name of the function's crate.
    pub memory: BTreeMap<String, u32>,
    /// Alarms on one metric each.
    pub alarms: usize,
    /// Dashboards.
    pub dashboards: usize,
}

/// What infra/template.yaml has of that.
///
/// # Errors
/// When the template is not as expected.
pub fn footprint() -> Result<Footprint, TemplateError> {
    let template = Template::parse(TEMPLATE, "muster", REGION, ACCOUNT)?;
    let memory = |(_, function): (&str, Node<'_>)| {
        let size = function.get("Properties").get("MemorySize");
        Ok((crate_of(&function)?, size.maybe_number()?.ok_or_else(|| size.wrong("is missing"))?))
    };
    Ok(Footprint {
        memory: template.resources("AWS::Serverless::Function").map(memory).collect::<Result<_, TemplateError>>()?,
        alarms: template.resources("AWS::CloudWatch::Alarm").count(),
        dashboards: template.resources("AWS::CloudWatch::Dashboard").count(),
    })
}

/// What a policy of each function's role allows, for a stack of a name: `function` what the function does, as
/// [`super::calls::CallLog`] names it, and `lambda` what Lambda does on its behalf.
///
/// # Errors
/// When the template is not as expected.
pub fn permissions(stack: &str, policy: &str) -> Result<BTreeSet<Permission>, TemplateError> {
    let template = Template::parse(TEMPLATE, stack, REGION, ACCOUNT)?;
    let names = Names { template: &template, stack };
    let mut allowed = BTreeSet::new();
    for (_, function) in template.resources("AWS::Serverless::Function") {
        let name = crate_of(&function)?;
        for statement in statements(&template, &function, policy)? {
            for action in statement.get("Action").one_or_more() {
                for resource in statement.get("Resource").one_or_more() {
                    allowed.insert(Permission {
                        function: name.clone(),
                        action: action.text()?,
                        resource: names.of_arn(&resource)?,
                    });
                }
            }
        }
    }
    Ok(allowed)
}

/// The names of resources by their logical ids.
struct Names<'t> {
    template: &'t Template,
    stack: &'t str,
}

impl Names<'_> {
    /// The name that a resource's property gives it, or one made of stack and logical id.
    fn of(&self, id: &str, property: &str) -> Result<String, TemplateError> {
        let kinds = ["AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::DynamoDB::Table"];
        let mut all = kinds.into_iter().flat_map(|kind| self.template.resources(kind));
        let named = all.find(|(other, _)| *other == id).map(|(_, node)| node.get("Properties").get(property));
        let name = named.map(|node| node.maybe_text()).transpose()?.flatten();
        Ok(name.unwrap_or_else(|| format!("{}-{}", self.stack, id.to_ascii_lowercase())))
    }

    /// What an ARN names: a table, an index of it, a queue, `bucket`, the keys in a folder of the bucket, or what a written
    /// out one has behind the account.
    fn of_arn(&self, node: &Node<'_>) -> Result<String, TemplateError> {
        if node.tagged("!Sub").is_some_and(|text| text.starts_with("arn:")) {
            return Ok(node.text()?.splitn(6, ':').nth(5).unwrap_or_default().to_owned());
        }
        let (id, rest) = match node.tagged("!Sub").as_deref().and_then(|text| text.strip_prefix("${")) {
            Some(text) => match text.split_once(".Arn}") {
                Some((id, rest)) => (id.to_owned(), rest.to_owned()),
                None => return Err(node.wrong("is not made of an ARN")),
            },
            None => (node.resource()?, String::new()),
        };
        let mut buckets = self.template.resources("AWS::S3::Bucket");
        if buckets.any(|(bucket, _)| bucket == id) {
            return Ok(if rest.is_empty() { "bucket".to_owned() } else { rest.trim_start_matches('/').to_owned() });
        }
        let property = if self.template.resources("AWS::SQS::Queue").any(|(queue, _)| queue == id) {
            "QueueName"
        } else {
            "TableName"
        };
        Ok(format!("{}{rest}", self.of(&id, property)?))
    }

    /// The name of the queue that a node refers to.
    fn of_queue(&self, node: &Node<'_>) -> Result<String, TemplateError> {
        self.of(&node.resource()?, "QueueName")
    }
}

/// The crate of a function: its binary's name, else the last part of its path.
/// The statements of a policy of a function's role.
fn statements<'t>(template: &'t Template, function: &Node<'t>, policy: &str) -> Result<Vec<Node<'t>>, TemplateError> {
    let id = function.get("Properties").get("Role").resource()?;
    let mut roles = template.resources("AWS::IAM::Role");
    let role = roles.find(|(role, _)| *role == id).map(|(_, role)| role.get("Properties").get("Policies").list());
    let policies = role.ok_or_else(|| function.get("Properties").get("Role").wrong("is no role of the template"))?;
    let mut statements = Vec::new();
    for found in policies {
        if found.get("PolicyName").text()? == policy {
            statements.extend(found.get("PolicyDocument").get("Statement").list());
        }
    }
    Ok(statements)
}

fn crate_of(function: &Node<'_>) -> Result<String, TemplateError> {
    if let Some(binary) = function.get("Metadata").get("BuildProperties").get("Binary").maybe_text()? {
        return Ok(binary);
    }
    let path = function.get("Properties").get("CodeUri").text()?;
    Ok(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned())
}

fn notifications(names: &Names<'_>, bucket: &Node<'_>) -> Result<Vec<Notification>, TemplateError> {
    let configurations = bucket.get("NotificationConfiguration").get("QueueConfigurations").list();
    let notification = |configuration: Node<'_>| {
        let mut prefix = String::new();
        for rule in configuration.get("Filter").get("S3Key").get("Rules").list() {
            if rule.get("Name").text()?.eq_ignore_ascii_case("prefix") {
                prefix = rule.get("Value").text()?;
            }
        }
        Ok(Notification { prefix, queue: names.of_queue(&configuration.get("Queue"))? })
    };
    configurations.into_iter().map(notification).collect()
}

fn table(names: &Names<'_>, id: &str, node: &Node<'_>) -> Result<Table, TemplateError> {
    let properties = node.get("Properties");
    let index = |node: Node<'_>| {
        let kind = node.get("Projection").get("ProjectionType");
        if kind.text()? != "KEYS_ONLY" {
            return Err(kind.wrong("is not KEYS_ONLY"));
        }
        Ok(Index { name: node.get("IndexName").text()?, key: key(&node)? })
    };
    for attribute in properties.get("AttributeDefinitions").list() {
        let kind = attribute.get("AttributeType");
        if kind.text()? != "S" {
            return Err(kind.wrong("is not S"));
        }
    }
    Ok(Table {
        name: names.of(id, "TableName")?,
        key: key(&properties)?,
        indexes: properties.get("GlobalSecondaryIndexes").list().into_iter().map(index).collect::<Result<_, _>>()?,
        expires: properties.get("TimeToLiveSpecification").get("AttributeName").maybe_text()?,
    })
}

fn key(node: &Node<'_>) -> Result<Key, TemplateError> {
    let schema = node.get("KeySchema");
    let (mut hash, mut range) = (None, None);
    for element in schema.list() {
        let name = element.get("AttributeName").text()?;
        match element.get("KeyType").text()?.as_str() {
            "HASH" => hash = Some(name),
            _ => range = Some(name),
        }
    }
    Ok(Key { hash: hash.ok_or_else(|| schema.wrong("has no HASH"))?, range })
}

fn queue(names: &Names<'_>, id: &str, node: &Node<'_>) -> Result<Queue, TemplateError> {
    let properties = node.get("Properties");
    let seconds = |name: &str| properties.get(name).maybe_number().map(|number| number.map(u64::from));
    let policy = properties.get("RedrivePolicy");
    let redrive = if policy.is_there() {
        let max_receives = policy.get("maxReceiveCount").maybe_number()?;
        Some(Redrive {
            queue: names.of_queue(&policy.get("deadLetterTargetArn"))?,
            max_receives: max_receives.ok_or_else(|| policy.wrong("has no maxReceiveCount"))?,
        })
    } else {
        None
    };
    let visibility = seconds("VisibilityTimeout")?.unwrap_or(u64::from(DEFAULT_VISIBILITY));
    Ok(Queue {
        name: names.of(id, "QueueName")?,
        visibility: Duration::from_secs(visibility),
        retention: seconds("MessageRetentionPeriod")?.map(Duration::from_secs),
        redrive,
    })
}

fn mapping(names: &Names<'_>, function: &str, node: &Node<'_>) -> Result<Mapping, TemplateError> {
    let answers = node.get("FunctionResponseTypes");
    if !answers.list().iter().any(|answer| matches!(answer.text().as_deref(), Ok("ReportBatchItemFailures"))) {
        return Err(answers.wrong("is without ReportBatchItemFailures, which every function relies on"));
    }
    let window = node.get("MaximumBatchingWindowInSeconds").maybe_number()?.unwrap_or(0);
    Ok(Mapping {
        queue: names.of_queue(&node.get("Queue"))?,
        function: function.to_owned(),
        batch_size: node.get("BatchSize").maybe_number()?.unwrap_or(10),
        window: Duration::from_secs(u64::from(window)),
        concurrency: node.get("ScalingConfig").get("MaximumConcurrency").maybe_number()?,
    })
}

fn schedule(function: &str, expression: &Node<'_>, node: &Node<'_>) -> Result<Schedule, TemplateError> {
    let text = expression.text()?;
    let rate = text.strip_prefix("rate(").and_then(|rate| rate.strip_suffix(')')?.split_once(' '));
    let seconds = rate.and_then(|(count, unit)| {
        let unit = match unit.trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            _ => return None,
        };
        Some(count.parse::<u64>().ok()? * unit)
    });
    let seconds = seconds.ok_or_else(|| expression.wrong(format!("is {text}, which is no rate")))?;
    let input = node.get("Input");
    let input_text = input.maybe_text()?.unwrap_or_else(|| "{}".to_owned());
    Ok(Schedule {
        function: function.to_owned(),
        every: Duration::from_secs(seconds),
        input: serde_json::from_str(&input_text).map_err(|error| input.wrong(format!("is no JSON: {error}")))?,
    })
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
