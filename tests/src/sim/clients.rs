//! The clients of a run: each launches an import and uploads its file, and some cancel it or try it again.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use domain::imports::ImportId;
use lambda_runtime::LambdaEvent;
use serde_json::Value as Json;
use steps::counters;
use stores::Stores;
use stores::imports::Imports;

use super::case::{BadEnd, CaseImport, Story};
use super::deployment::resources;
use super::run::{FAULTY_RECEIVES, Run};

/// Requests that a client makes until it gives up.
const MAX_REQUESTS: u32 = 8;

/// What clients did and saw.
#[derive(Debug, Default)]
pub(super) struct ClientLog {
    /// The ids of the imports, by their place in the case.
    pub ids: BTreeMap<usize, ImportId>,
    /// The imports whose retry was refused: they had nothing left to do.
    pub nothing_to_retry: Vec<usize>,
}

impl Run<'_> {
    /// Does what the client of an import does, for this import and those that wait for it.
    pub(super) async fn client(&self, index: usize, import: &CaseImport) -> anyhow::Result<ClientLog> {
        let mut log = ClientLog::default();
        self.import(index, import, &mut log).await?;
        let later = self.case.imports.iter().enumerate().skip(index + 1);
        for (later, next) in later.take_while(|(_, next)| next.waits_for_previous) {
            let before = log.ids[&(later - 1)];
            self.until_ended(before).await?;
            if self.case.story == Story::Launched {
                self.launch(later, before, &mut log).await?;
            } else {
                self.import(later, next, &mut log).await?;
            }
        }
        Ok(log)
    }

    async fn import(&self, index: usize, import: &CaseImport, log: &mut ClientLog) -> anyhow::Result<()> {
        tokio::time::sleep(import.wait).await;
        let (status, launched) =
            self.request("upload", &format!("t{index}.launch"), "/imports", &import.request).await?;
        let id = launched["id"].as_str().with_context(|| format!("refused with {status}: {launched}"))?;
        self.world.name_import(id, &format!("t{index}"));
        let id: ImportId = id.parse()?;
        log.ids.insert(index, id);
        let stored = Imports::new(&self.sdk, &resources()).get(id).await?.context("the import is not stored")?;
        match self.case.story {
            Story::BadEnd(BadEnd::NeverUploaded) => return Ok(()),
            Story::BadEnd(BadEnd::Denied) => self.world.objects().denied = true,
            _ => {}
        }
        self.world.upload(&stored.object_key, &import.file);
        if let Some((after, other)) = &import.overwrite {
            tokio::time::sleep(*after).await;
            self.world.upload(&stored.object_key, other);
        }
        if self.case.story == Story::Retried {
            self.until_ended(id).await?;
            self.is_poisoned.set(false);
            self.retry(index, id, log).await?;
        }
        if self.case.story == Story::FailingRowRetried {
            self.until_ended(id).await?;
            self.world.refuse_row(None);
            self.retry(index, id, log).await?;
        }
        if let Some(after) = import.cancel {
            tokio::time::sleep(after).await;
            let (label, path) = (format!("t{index}.cancel"), format!("/imports/{id}/cancel"));
            let (status, _) = self.request("status", &label, &path, &Json::Null).await?;
            if status == 200 {
                self.until_final(id, after).await?;
                self.retry(index, id, log).await?;
            }
        }
        Ok(())
    }

    /// Launches a forecast twice, which launches one import.
    async fn launch(&self, index: usize, forecast: ImportId, log: &mut ClientLog) -> anyhow::Result<()> {
        let (label, path) = (format!("t{index}.launch"), format!("/imports/{forecast}/launch"));
        let (status, launched) = self.request("status", &label, &path, &Json::Null).await?;
        let id = launched["id"].as_str().with_context(|| format!("refused with {status}: {launched}"))?;
        self.world.name_import(id, &format!("t{index}"));
        log.ids.insert(index, id.parse()?);
        ensure!(launched["based_on"] == forecast.to_string(), "it is based on {}", launched["based_on"]);
        let (status, again) = self.request("status", &format!("{label}.again"), &path, &Json::Null).await?;
        ensure!(status == 200 && again["id"] == launched["id"], "launched again with {status}: {again}");
        Ok(())
    }

    async fn retry(&self, index: usize, id: ImportId, log: &mut ClientLog) -> anyhow::Result<()> {
        let (label, path) = (format!("t{index}.retry"), format!("/imports/{id}/retry"));
        let (status, _) = self.request("status", &label, &path, &Json::Null).await?;
        if status != 202 {
            log.nothing_to_retry.push(index);
        }
        Ok(())
    }

    async fn until_ended(&self, id: ImportId) -> anyhow::Result<()> {
        let imports = Imports::new(&self.sdk, &resources());
        while imports.get(id).await?.context("the import is gone")?.ended_at.is_none() {
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        Ok(())
    }

    /// Waits until an import has ended, and then whether its counters or its report still change.
    async fn until_final(&self, id: ImportId, wait: Duration) -> anyhow::Result<()> {
        self.until_ended(id).await?;
        let stores = Stores::new(&self.sdk, &resources());
        let mut seen = Vec::new();
        for pause in [Duration::ZERO, wait, wait * 20] {
            tokio::time::sleep(pause).await;
            let import = stores.imports.get(id).await?.context("the import is gone")?;
            seen.push((counters(&stores, &import).await?, import.report));
        }
        ensure!(seen[0] == seen[1] && seen[1] == seen[2], "an import that had ended counted on: {seen:?}");
        Ok(())
    }

    /// Makes a request until it is answered, and returns the status and the body of the answer.
    async fn request(&self, function: &str, label: &str, path: &str, body: &Json) -> anyhow::Result<(i64, Json)> {
        for attempt in 0..MAX_REQUESTS {
            let mut request = LambdaFunctionUrlRequest::default();
            request.raw_path = Some(path.to_owned());
            request.request_context.http.method = Some("POST".to_owned());
            request.headers.insert("idempotency-key", label.parse()?);
            request.body = (!body.is_null()).then(|| body.to_string());
            let handler = if function == "upload" { &self.functions.upload } else { &self.functions.status };
            let place = self.place(function, label);
            let spared = attempt >= FAULTY_RECEIVES;
            let answer =
                self.invoke(function, place, spared, |context| handler(LambdaEvent::new(request, context))).await;
            if let Some(answer) = answer.filter(|answer| answer.status_code < 500) {
                let body = answer.body.as_deref().map(serde_json::from_str).transpose()?;
                return Ok((answer.status_code, body.unwrap_or_default()));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        bail!("{label}: {MAX_REQUESTS} requests, and none was answered")
    }
}
