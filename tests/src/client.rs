//! A client of a Muster wherever it runs: its API by its URLs, and its tables read whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value as Json, json};
use shared::row::Value;

use crate::model::{Counted, Customer, name};

/// How long an import of a test may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(240);

/// Requests under way at a time where many are made.
const AT_A_TIME: usize = 8;

/// Where a Muster is.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where imports are launched; no slash at its end.
    pub upload_url: String,
    /// Where everything else is asked for; no slash at its end.
    pub status_url: String,
    /// A key with which to import.
    pub key: String,
    /// How its tables are reached.
    pub sdk: SdkConfig,
    /// The table of customers and their feeds.
    pub customers_table: String,
}

/// Speaks to a Muster as clients do.
#[derive(Debug)]
pub struct Client {
    place: Place,
    http: reqwest::Client,
}

impl Client {
    /// A client of the Muster there.
    ///
    /// # Errors
    /// When its key is none.
    pub fn of(place: Place) -> anyhow::Result<Self> {
        Ok(Self { http: with_key(&place.key)?, place })
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
        let launched = self.http.post(format!("{}/imports", self.place.upload_url)).json(&body).send().await?;
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
            let path = url.find("/imports/").map(|start| &url[start..]).context("not a URL of an import")?;
            self.post(path, json!({ "parts": joined })).await?;
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
        Ok(self.http.get(format!("{}{path}", self.place.status_url)).send().await?.error_for_status()?.json().await?)
    }

    /// The JSON answer to a POST.
    ///
    /// # Errors
    /// When it is refused; with the answer.
    pub async fn post(&self, path: &str, body: Json) -> anyhow::Result<Json> {
        let base = if path == "/imports" { &self.place.upload_url } else { &self.place.status_url };
        let answer = self.http.post(format!("{base}{path}")).json(&body).send().await?;
        let status = answer.status();
        let answer: Json = answer.json().await?;
        if !status.is_success() {
            bail!("{status}: {answer}");
        }
        Ok(answer)
    }

    /// Deletes what is under a path.
    ///
    /// # Errors
    /// When it is refused; with the answer.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        let answer = self.http.delete(format!("{}{path}", self.place.status_url)).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{status}: {}", answer.text().await?);
        }
        Ok(())
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
        let answer = self.http.get(format!("{}{path}", self.place.status_url)).send().await?;
        let url = answer.headers().get("location").context("no redirection")?.to_str()?.to_owned();
        Ok(plain()?.get(url).send().await?.error_for_status()?.text().await?)
    }

    /// Every item of a table, as text that can be compared.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn items(&self, table: &str) -> anyhow::Result<Vec<String>> {
        let client = aws_sdk_dynamodb::Client::new(&self.place.sdk);
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
        self.customers_but(&BTreeSet::new()).await
    }

    /// The ids of all customers.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn customer_ids(&self) -> anyhow::Result<BTreeSet<String>> {
        let client = aws_sdk_dynamodb::Client::new(&self.place.sdk);
        let profiles = client.scan().table_name(&self.place.customers_table).filter_expression("sk = :profile");
        let profile = AttributeValue::S("profile".to_owned());
        let mut pages = profiles.expression_attribute_values(":profile", profile).into_paginator().items().send();
        let mut ids = BTreeSet::new();
        while let Some(item) = pages.next().await {
            ids.extend(item?.get("pk").and_then(|id| id.as_s().ok()).cloned());
        }
        Ok(ids)
    }

    /// The customers without those of these ids.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn customers_but(&self, others: &BTreeSet<String>) -> anyhow::Result<BTreeMap<String, Customer>> {
        let client = aws_sdk_dynamodb::Client::new(&self.place.sdk);
        let table = &self.place.customers_table;
        let mut pages = client.scan().table_name(table).into_paginator().items().send();
        let (mut ids, mut feeds) = (Vec::new(), BTreeMap::<String, BTreeSet<_>>::new());
        while let Some(item) = pages.next().await {
            let item = item?;
            let key = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            if others.contains(&key("pk")) {
                continue;
            }
            if key("sk") == "profile" {
                ids.push(key("pk"));
            } else {
                let row = key("sk").rsplit('#').next().and_then(|row| row.parse().ok()).unwrap_or(u64::MAX);
                feeds.entry(key("pk")).or_default().insert((0, row, key("n")));
            }
        }
        let shown = ids.into_iter().map(|id| async move {
            let shown = self.get(&format!("/customers/{id}")).await?;
            anyhow::Ok((id, shown))
        });
        let mut shown = futures::stream::iter(shown).buffered(AT_A_TIME);
        let mut customers = BTreeMap::new();
        while let Some((id, shown)) = shown.try_next().await? {
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

/// A client of HTTP for presigned URLs, which take no other authorization.
fn plain() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

/// A client of HTTP that has a key of the API.
///
/// # Errors
/// When there can be none.
pub fn with_key(key: &str) -> anyhow::Result<reqwest::Client> {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse()?);
    Ok(reqwest::Client::builder()
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?)
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
