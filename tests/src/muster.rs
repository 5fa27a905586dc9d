//! A local stack of a test's own, spoken to as clients do, and its tables read whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use local::stack::{Options, Stack};
use reqwest::Client;
use serde_json::{Value as Json, json};
use shared::row::Value;

use crate::model::{Counted, Customer, name};

/// How long an import of a test may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(240);

/// A Muster in this process.
pub struct Muster {
    /// The stack.
    pub stack: Stack,
    client: Client,
}

impl Muster {
    /// Starts one.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let stack = Stack::start(options).await?;
        Ok(Self { client: client(stack.api_key())?, stack })
    }

    /// Imports a file and waits for its end: the task as `GET /imports/{id}` gives it.
    ///
    /// # Errors
    /// When a request fails, or the import does not end.
    pub async fn import(&self, file: &[u8], settings: Json) -> anyhow::Result<Json> {
        let id = self.launch(file, settings).await?;
        self.end(&id).await
    }

    /// Launches an import and uploads its file.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn launch(&self, file: &[u8], settings: Json) -> anyhow::Result<String> {
        let mut body = json!({ "file": { "name": "customers.csv", "size": file.len() } });
        for (name, value) in settings.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let launched = self.client.post(format!("{}/imports", self.stack.api_url())).json(&body).send().await?;
        let status = launched.status();
        let launched: Json = launched.json().await?;
        if status.as_u16() != 201 {
            bail!("the import was refused: {launched}");
        }
        if let Some(parts) = launched["upload"]["multipart"]["parts"].as_array() {
            self.upload_parts(file, parts, &launched["upload"]["multipart"]).await?;
            return Ok(launched["id"].as_str().context("no id")?.to_owned());
        }
        let mut put = plain()?.put(launched["upload"]["url"].as_str().context("no URL")?).body(file.to_vec());
        for (name, value) in launched["upload"]["headers"].as_object().into_iter().flatten() {
            put = put.header(name, value.as_str().unwrap_or_default());
        }
        put.send().await?.error_for_status().context("the upload")?;
        Ok(launched["id"].as_str().context("no id")?.to_owned())
    }

    async fn upload_parts(&self, file: &[u8], parts: &[Json], multipart: &Json) -> anyhow::Result<()> {
        let size = usize::try_from(multipart["part_size"].as_u64().context("no part size")?)?;
        let mut joined = Vec::new();
        for (part, bytes) in parts.iter().zip(file.chunks(size)) {
            let put = plain()?.put(part["url"].as_str().context("no URL")?).body(bytes.to_vec());
            let answer = put.send().await?.error_for_status()?;
            let etag = answer.headers().get("etag").context("no ETag")?.to_str()?;
            joined.push(json!({ "number": part["number"], "etag": etag }));
        }
        // Twice, as a client does that lost the answer.
        for _ in 0..2 {
            let url = multipart["complete_url"].as_str().context("no URL")?;
            self.client.post(url).json(&json!({ "parts": joined })).send().await?.error_for_status()?;
        }
        Ok(())
    }

    /// Waits for the end of an import.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(&self, id: &str) -> anyhow::Result<Json> {
        self.until(id, |task| matches!(task["state"].as_str(), Some("completed" | "failed" | "cancelled"))).await
    }

    /// Waits until an import is as it should be.
    ///
    /// # Errors
    /// When it does not become so.
    pub async fn until(&self, id: &str, is_so: impl Fn(&Json) -> bool) -> anyhow::Result<Json> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let task = self.get(&format!("/imports/{id}")).await;
            if let Ok(task) = &task
                && is_so(task)
            {
                return Ok(task.clone());
            }
            if tokio::time::Instant::now() > deadline {
                bail!("the import is not as it should be: {task:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A JSON answer.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get(&self, path: &str) -> anyhow::Result<Json> {
        Ok(self.client.get(format!("{}{path}", self.stack.api_url())).send().await?.error_for_status()?.json().await?)
    }

    /// The JSON answer to a POST.
    ///
    /// # Errors
    /// When it is refused; with the answer.
    pub async fn post(&self, path: &str, body: Json) -> anyhow::Result<Json> {
        let answer = self.client.post(format!("{}{path}", self.stack.api_url())).json(&body).send().await?;
        let status = answer.status();
        let answer: Json = answer.json().await?;
        if !status.is_success() {
            bail!("{status}: {answer}");
        }
        Ok(answer)
    }

    /// The report of an import.
    ///
    /// # Errors
    /// When there is none.
    pub async fn report(&self, id: &str) -> anyhow::Result<String> {
        self.download(&format!("/imports/{id}/errors")).await
    }

    /// The text that a path leads to.
    ///
    /// # Errors
    /// When it leads nowhere.
    pub async fn download(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.client.get(format!("{}{path}", self.stack.api_url())).send().await?;
        let url = answer.headers().get("location").context("no redirection")?.to_str()?.to_owned();
        Ok(plain()?.get(url).send().await?.error_for_status()?.text().await?)
    }

    /// Every item of a table, as text that can be compared.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn items(&self, table: &str) -> anyhow::Result<Vec<String>> {
        let client = aws_sdk_dynamodb::Client::new(self.stack.sdk());
        let mut pages = client.scan().table_name(table).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(canonical(&AttributeValue::M(item?)));
        }
        found.sort();
        Ok(found)
    }

    /// Every customer, by its identifiers, with the length of its feed.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn customers(&self) -> anyhow::Result<BTreeMap<String, Customer>> {
        let client = aws_sdk_dynamodb::Client::new(self.stack.sdk());
        let table = &self.stack.resources().customers_table;
        let mut pages = client.scan().table_name(table).into_paginator().items().send();
        let (mut ids, mut feeds) = (Vec::new(), BTreeMap::<String, BTreeSet<_>>::new());
        while let Some(item) = pages.next().await {
            let item = item?;
            let key = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            if key("sk") == "profile" {
                ids.push(key("pk"));
            } else {
                let row = key("sk").rsplit('#').next().and_then(|row| row.parse().ok()).unwrap_or(u64::MAX);
                feeds.entry(key("pk")).or_default().insert((0, row, key("n")));
            }
        }
        let mut customers = BTreeMap::new();
        for id in ids {
            let shown = self.get(&format!("/customers/{id}")).await?;
            let identifiers: BTreeMap<String, String> = serde_json::from_value(shown["identifiers"].clone())?;
            let attributes: BTreeMap<String, Value> = serde_json::from_value(shown["attributes"].clone())?;
            let name = name(&identifiers);
            let feed = feeds.remove(&id).unwrap_or_default();
            let customer = Customer { identifiers, attributes, feed, ..Customer::default() };
            if customers.insert(name.clone(), customer).is_some() {
                bail!("two customers are {name}");
            }
        }
        if let Some((id, _)) = feeds.pop_first() {
            bail!("a feed without a customer: {id}");
        }
        Ok(customers)
    }
}

/// A client for presigned URLs, which take no other authorization.
fn plain() -> anyhow::Result<Client> {
    Ok(Client::builder().no_proxy().build()?)
}

/// A client that has a key of the API.
///
/// # Errors
/// When there can be none.
pub fn client(key: &str) -> anyhow::Result<Client> {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse()?);
    Ok(Client::builder().default_headers(headers).redirect(reqwest::redirect::Policy::none()).no_proxy().build()?)
}

/// A value as text, the members of a map in order.
fn canonical(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(members) => {
            let members: BTreeMap<&String, String> =
                members.iter().map(|(name, value)| (name, canonical(value))).collect();
            format!("{members:?}")
        }
        AttributeValue::L(values) => format!("{:?}", values.iter().map(canonical).collect::<Vec<_>>()),
        value => format!("{value:?}"),
    }
}

/// What a task counted.
pub fn counted(task: &Json) -> Counted {
    let count = |name: &str| task["counters"][name].as_u64().unwrap_or(u64::MAX);
    Counted {
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        rejected: count("rejected"),
        warnings: count("warnings"),
    }
}

/// Compares customers as stored with the model's, values as they are shown.
pub fn same(stored: &BTreeMap<String, Customer>, model: &crate::model::Model) -> Result<(), String> {
    let model = model.customers();
    for (name, customer) in &model {
        let Some(found) = stored.get(name) else { return Err(format!("{name} is missing")) };
        let shown =
            |customer: &Customer| format!("{:?} {:?}", serde_json::to_string(&customer.attributes).ok(), customer.feed);
        if shown(found) != shown(customer) {
            return Err(format!("{name} is {}, and should be {}", shown(found), shown(customer)));
        }
    }
    match stored.keys().find(|name| !model.contains_key(*name)) {
        Some(extra) => Err(format!("{extra} should not be there")),
        None => Ok(()),
    }
}
