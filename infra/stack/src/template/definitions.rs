//! The resources that a template defines.

use std::time::Duration;

use super::names::{Names, crate_name};
use super::sam::{Node, Template, TemplateError};
use crate::resources::{
    Bucket, Expiration, Index, Key, Mapping, Notification, Queue, Redrive, ResourceDefinitions, Schedule, Table,
};

/// SQS's visibility timeout in seconds, where a template sets none.
const DEFAULT_VISIBILITY: u32 = 30;

/// Reads the resources.
pub(super) fn read(template: &Template) -> Result<ResourceDefinitions, TemplateError> {
    let names = Names { template };
    let mut buckets = template.resources("AWS::S3::Bucket");
    let (id, bucket) = buckets.next().ok_or_else(|| template.lacks("AWS::S3::Bucket"))?;
    let mut mappings = Vec::new();
    let mut schedules = Vec::new();
    for (_, function) in template.resources("AWS::Serverless::Function") {
        let name = crate_name(&function)?;
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
    Ok(ResourceDefinitions {
        bucket: Bucket {
            name: names.name(id, "BucketName")?,
            notifications: notifications(&names, &bucket.get("Properties"))?,
            expirations: expirations(&bucket.get("Properties"))?,
            abandoned: abandoned(&bucket.get("Properties"))?,
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

fn notifications(names: &Names<'_>, bucket: &Node<'_>) -> Result<Vec<Notification>, TemplateError> {
    let configurations = bucket.get("NotificationConfiguration").get("QueueConfigurations").list();
    let notification = |configuration: Node<'_>| {
        let mut prefix = String::new();
        for rule in configuration.get("Filter").get("S3Key").get("Rules").list() {
            if rule.get("Name").text()?.eq_ignore_ascii_case("prefix") {
                prefix = rule.get("Value").text()?;
            }
        }
        Ok(Notification { prefix, queue: names.queue(&configuration.get("Queue"))? })
    };
    configurations.into_iter().map(notification).collect()
}

/// How long the enabled rules of a bucket's lifecycle keep objects.
fn expirations(bucket: &Node<'_>) -> Result<Vec<Expiration>, TemplateError> {
    let mut expirations = Vec::new();
    for rule in enabled_rules(bucket)? {
        if let Some(days) = rule.get("ExpirationInDays").maybe_number()? {
            expirations.push(Expiration { prefix: rule.get("Prefix").text()?, after: days_long(days) });
        }
    }
    Ok(expirations)
}

/// The shortest time that the enabled rules of a bucket's lifecycle keep what was never completed.
fn abandoned(bucket: &Node<'_>) -> Result<Option<Duration>, TemplateError> {
    let mut shortest = None;
    for rule in enabled_rules(bucket)? {
        let days = rule.get("AbortIncompleteMultipartUpload").get("DaysAfterInitiation").maybe_number()?;
        shortest = shortest.into_iter().chain(days.map(days_long)).min();
    }
    Ok(shortest)
}

fn enabled_rules<'t>(bucket: &Node<'t>) -> Result<Vec<Node<'t>>, TemplateError> {
    let mut enabled = Vec::new();
    for rule in bucket.get("LifecycleConfiguration").get("Rules").list() {
        if rule.get("Status").text()? == "Enabled" {
            enabled.push(rule);
        }
    }
    Ok(enabled)
}

fn days_long(days: impl Into<u64>) -> Duration {
    Duration::from_secs(days.into() * 24 * 3600)
}

fn table(names: &Names<'_>, id: &str, node: &Node<'_>) -> Result<Table, TemplateError> {
    let properties = node.get("Properties");
    let index = |node: Node<'_>| {
        let kind = node.get("Projection").get("ProjectionType");
        if kind.text()? != "KEYS_ONLY" {
            return Err(kind.error("is not KEYS_ONLY"));
        }
        Ok(Index { name: node.get("IndexName").text()?, key: key(&node)? })
    };
    for attribute in properties.get("AttributeDefinitions").list() {
        let kind = attribute.get("AttributeType");
        if kind.text()? != "S" {
            return Err(kind.error("is not S"));
        }
    }
    Ok(Table {
        name: names.name(id, "TableName")?,
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
    Ok(Key { hash: hash.ok_or_else(|| schema.error("has no HASH"))?, range })
}

fn queue(names: &Names<'_>, id: &str, node: &Node<'_>) -> Result<Queue, TemplateError> {
    let properties = node.get("Properties");
    let seconds = |name: &str| properties.get(name).maybe_number().map(|number| number.map(u64::from));
    let policy = properties.get("RedrivePolicy");
    let redrive = if policy.is_there() {
        let max_receives = policy.get("maxReceiveCount").maybe_number()?;
        Some(Redrive {
            queue: names.queue(&policy.get("deadLetterTargetArn"))?,
            max_receives: max_receives.ok_or_else(|| policy.error("has no maxReceiveCount"))?,
        })
    } else {
        None
    };
    let visibility = seconds("VisibilityTimeout")?.unwrap_or(u64::from(DEFAULT_VISIBILITY));
    Ok(Queue {
        name: names.name(id, "QueueName")?,
        visibility: Duration::from_secs(visibility),
        retention: seconds("MessageRetentionPeriod")?.map(Duration::from_secs),
        redrive,
    })
}

fn mapping(names: &Names<'_>, function: &str, node: &Node<'_>) -> Result<Mapping, TemplateError> {
    let answers = node.get("FunctionResponseTypes");
    if !answers.list().iter().any(|answer| matches!(answer.text().as_deref(), Ok("ReportBatchItemFailures"))) {
        return Err(answers.error("lacks ReportBatchItemFailures, on which every function relies"));
    }
    let window = node.get("MaximumBatchingWindowInSeconds").maybe_number()?.unwrap_or(0);
    Ok(Mapping {
        queue: names.queue(&node.get("Queue"))?,
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
    let seconds = seconds.ok_or_else(|| expression.error(format!("is {text}, which is not a rate")))?;
    let input = node.get("Input");
    let input_text = input.maybe_text()?.unwrap_or_else(|| "{}".to_owned());
    Ok(Schedule {
        function: function.to_owned(),
        every: Duration::from_secs(seconds),
        input: serde_json::from_str(&input_text).map_err(|error| input.error(format!("is not JSON: {error}")))?,
    })
}
