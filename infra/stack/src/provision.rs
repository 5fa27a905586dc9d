//! Creates the tables, the queues and the bucket of a deployment at any endpoint. Creating them again changes nothing.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter, QueueConfiguration,
    S3KeyFilter,
};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::json;
use stores::Resources;

use crate::resources::{Bucket, Key, Queue, ResourceDefinitions, Table};

/// A resource could not be created.
#[derive(Debug, thiserror::Error)]
#[error("{what} could not be created: {why}")]
pub struct ProvisionError {
    what: String,
    why: String,
}

/// Why a call failed, in a sentence: what the service said, or else how it could not be asked.
pub(crate) fn reason<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    if let Some(message) = error.message() {
        return format!("{message} ({})", error.code().unwrap_or("no code"));
    }
    match error {
        SdkError::DispatchFailure(failure) if failure.is_io() => "nothing answers at the endpoint".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "the endpoint does not answer in time".to_owned(),
        SdkError::TimeoutError(_) => "the endpoint does not answer in time".to_owned(),
        SdkError::ResponseError(_) => "the endpoint answered in a way that AWS never does".to_owned(),
        SdkError::ServiceError(service) => format!("the answer was {}", service.raw().status().as_u16()),
        _ => "the request cannot be sent: look at the endpoint, the region and the credentials".to_owned(),
    }
}

/// Creates what is missing. Returns the names and the URLs of everything.
///
/// # Errors
/// When a service refuses to create something.
pub async fn provision(sdk: &SdkConfig, definitions: &ResourceDefinitions) -> Result<Resources, ProvisionError> {
    let tables = aws_sdk_dynamodb::Client::new(sdk);
    for table in &definitions.tables {
        create_table(&tables, table).await?;
    }
    let queues = create_queues(&aws_sdk_sqs::Client::new(sdk), &definitions.queues).await?;
    create_bucket(sdk, &definitions.bucket, &queues).await?;

    let table = |suffix: &str| definitions.table(suffix).unwrap_or_default().to_owned();
    let queue_url = |suffix: &str| {
        let queue = definitions.queue(suffix).and_then(|name| queues.get(name));
        queue.map(|queue| queue.url.clone()).unwrap_or_default()
    };
    Ok(Resources {
        bucket: definitions.bucket.name.clone(),
        tasks_table: table("tasks"),
        customers_table: table("customers"),
        identities_table: table("identities"),
        segments_table: table("segments"),
        split_queue_url: queue_url("split"),
        rows_queue_url: queue_url("rows"),
        finish_queue_url: queue_url("finish"),
    })
}

/// A queue that exists.
struct CreatedQueue {
    url: String,
    arn: String,
}

async fn create_table(client: &aws_sdk_dynamodb::Client, table: &Table) -> Result<(), ProvisionError> {
    let failed = |why: String| ProvisionError { what: format!("the table {}", table.name), why };
    if client.describe_table().table_name(&table.name).send().await.is_ok() {
        return Ok(());
    }
    let mut attributes: Vec<&str> = Vec::new();
    for key in std::iter::once(&table.key).chain(table.indexes.iter().map(|index| &index.key)) {
        attributes.extend(std::iter::once(key.hash.as_str()).chain(key.range.as_deref()));
    }
    attributes.sort_unstable();
    attributes.dedup();
    let attributes = attributes.into_iter().filter_map(|name| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().ok()
    });
    let indexes = table.indexes.iter().filter_map(|index| {
        GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key)))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()
            .ok()
    });
    let created = client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect()))
        .set_key_schema(Some(key_schema(&table.key)))
        .set_global_secondary_indexes((!table.indexes.is_empty()).then(|| indexes.collect()))
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => {}
        Err(error) => return Err(failed(reason(&error))),
    }
    wait_until_active(client, &table.name).await.map_err(failed)?;
    if let Some(attribute) = &table.expires {
        let expiry = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
        let expiry = expiry.map_err(|error| failed(error.to_string()))?;
        let set = client.update_time_to_live().table_name(&table.name).time_to_live_specification(expiry).send().await;
        set.map_err(|error| failed(reason(&error)))?;
    }
    Ok(())
}

async fn wait_until_active(client: &aws_sdk_dynamodb::Client, table: &str) -> Result<(), String> {
    for _ in 0..120 {
        let about = client.describe_table().table_name(table).send().await;
        let about = about.map_err(|error| reason(&error))?;
        if about.table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    Err("it did not become active within a minute".to_owned())
}

fn key_schema(key: &Key) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().ok();
    let range = key.range.as_deref().and_then(|range| element(range, KeyType::Range));
    element(&key.hash, KeyType::Hash).into_iter().chain(range).collect()
}

/// Creates the queues, dead-letter queues first, because the others refer to them.
async fn create_queues(
    client: &aws_sdk_sqs::Client,
    queues: &[Queue],
) -> Result<HashMap<String, CreatedQueue>, ProvisionError> {
    let mut created = HashMap::new();
    let (with_redrive, without): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| queue.redrive.is_some());
    for queue in without.into_iter().chain(with_redrive) {
        let one = create_queue(client, queue, &created).await?;
        created.insert(queue.name.clone(), one);
    }
    Ok(created)
}

async fn create_queue(
    client: &aws_sdk_sqs::Client,
    queue: &Queue,
    dead_letter_queues: &HashMap<String, CreatedQueue>,
) -> Result<CreatedQueue, ProvisionError> {
    let failed = |why: String| ProvisionError { what: format!("the queue {}", queue.name), why };
    let mut attributes =
        HashMap::from([(QueueAttributeName::VisibilityTimeout, queue.visibility.as_secs().to_string())]);
    if let Some(retention) = queue.retention {
        attributes.insert(QueueAttributeName::MessageRetentionPeriod, retention.as_secs().to_string());
    }
    if let Some(redrive) = &queue.redrive {
        let target = dead_letter_queues.get(&redrive.queue);
        let target = target.ok_or_else(|| failed(format!("{} is not defined", redrive.queue)))?;
        let policy = json!({ "deadLetterTargetArn": target.arn, "maxReceiveCount": redrive.max_receives });
        attributes.insert(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    let url = match client.get_queue_url().queue_name(&queue.name).send().await {
        Ok(existing) => {
            // It may have other attributes. `CreateQueue` would refuse to change them.
            let url = existing.queue_url.unwrap_or_default();
            let set = client.set_queue_attributes().queue_url(&url).set_attributes(Some(attributes)).send().await;
            set.map_err(|error| failed(reason(&error)))?;
            url
        }
        Err(_) => {
            let created = client.create_queue().queue_name(&queue.name).set_attributes(Some(attributes)).send().await;
            let created = created.map_err(|error| failed(reason(&error)))?;
            created.queue_url.unwrap_or_default()
        }
    };
    let about = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let about = about.send().await.map_err(|error| failed(reason(&error)))?;
    let arn = about.attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
    Ok(CreatedQueue { url, arn: arn.ok_or_else(|| failed("it has no ARN".to_owned()))? })
}

async fn create_bucket(
    sdk: &SdkConfig,
    bucket: &Bucket,
    queues: &HashMap<String, CreatedQueue>,
) -> Result<(), ProvisionError> {
    let failed = |why: String| ProvisionError { what: format!("the bucket {}", bucket.name), why };
    // Only on AWS does each bucket have a host name of its own.
    let path_style = sdk.endpoint_url().is_some();
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(path_style).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    if client.head_bucket().bucket(&bucket.name).send().await.is_err() {
        let created = client.create_bucket().bucket(&bucket.name).send().await;
        created.map_err(|error| failed(reason(&error)))?;
    }
    let configurations = bucket.notifications.iter().filter_map(|notification| {
        let rule = FilterRule::builder().name(FilterRuleName::Prefix).value(&notification.prefix).build();
        let key = S3KeyFilter::builder().filter_rules(rule).build();
        QueueConfiguration::builder()
            .queue_arn(&queues.get(&notification.queue)?.arn)
            .events(Event::S3ObjectCreated)
            .filter(NotificationConfigurationFilter::builder().key(key).build())
            .build()
            .ok()
    });
    let notifications =
        NotificationConfiguration::builder().set_queue_configurations(Some(configurations.collect())).build();
    client
        .put_bucket_notification_configuration()
        .bucket(&bucket.name)
        .notification_configuration(notifications)
        .send()
        .await
        .map_err(|error| failed(reason(&error)))?;
    Ok(())
}
