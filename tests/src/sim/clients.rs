//! The clients of a run: each launches an import and uploads its file, and some cancel it or try it again. Another one
//! erases customers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use domain::imports::ImportId;
use lambda_runtime::LambdaEvent;
use serde_json::Value as Json;
use steps::counters;
use stores::Stores;
use stores::imports::{Imports, Listed};

use super::case::{BadEnd, CaseErasure, CaseImport, Story};
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
    /// The import that took another one back.
    pub undo: Option<ImportId>,
    /// The erasures that were asked for, in their order.
    pub erasures: Vec<SeenErasure>,
}

/// The imports that were launched so far, by their place in the case.
#[derive(Debug, Clone, Default)]
pub(super) struct Launches {
    /// Those whose launch was requested.
    pub requested: BTreeSet<usize>,
    /// Those whose launch was answered.
    pub answered: BTreeSet<usize>,
}

/// An erasure as its client saw it.
#[derive(Debug)]
pub(super) struct SeenErasure {
    /// The number of the person in the steady files.
    pub person: u64,
    /// The identifier that was to be suppressed with the others of the person: its slot and its value.
    pub suppressed: Option<(&'static str, String)>,
    /// The status of the last answer.
    pub status: i64,
    /// How many requests it took. One that was not answered may have had its effect.
    pub requests: u32,
    /// The imports that were certainly launched before.
    pub before: BTreeSet<usize>,
    /// The imports that may have been launched before.
    pub perhaps_before: BTreeSet<usize>,
    /// That its suppression was to be lifted for the identifier.
    pub lifted: Option<SeenLift>,
}

/// The lifting of a suppression as its client saw it.
#[derive(Debug)]
pub(super) struct SeenLift {
    /// Whether the suppression was certainly lifted.
    pub is_certain: bool,
    /// The imports that may have been launched before.
    pub perhaps_before: BTreeSet<usize>,
}

impl Run<'_> {
    /// Does what the client of an import does, for this import and those that wait for it.
    pub(super) async fn client(&self, index: usize, import: &CaseImport) -> anyhow::Result<ClientLog> {
        let mut log = ClientLog::default();
        if self.case.story == Story::Inbox {
            self.drop_into_inbox(index, import, &mut log).await?;
            return Ok(log);
        }
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
        if let Some(undone) = self.case.undone {
            self.until_ended(log.ids[&(self.case.imports.len() - 1)]).await?;
            log.undo = Some(self.take_back(log.ids[&undone]).await?);
        }
        Ok(log)
    }

    async fn import(&self, index: usize, import: &CaseImport, log: &mut ClientLog) -> anyhow::Result<()> {
        tokio::time::sleep(import.wait).await;
        self.launches.borrow_mut().requested.insert(index);
        let launch = Request { function: "upload", method: "POST", path: "/imports", query: "", body: &import.request };
        let (status, launched, _) = self.request(&format!("t{index}.launch"), launch).await?;
        self.launches.borrow_mut().answered.insert(index);
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
            let (status, ..) = self.request(&label, Request::post(&path)).await?;
            if status == 200 {
                self.until_final(id, after).await?;
                // What is taken back is not tried again first.
                if self.case.undone.is_none() {
                    self.retry(index, id, log).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes a definition of an import's settings, and puts its file into the inbox: twice before the import is seen, and
    /// once after its end. All that is one import.
    async fn drop_into_inbox(&self, index: usize, import: &CaseImport, log: &mut ClientLog) -> anyhow::Result<()> {
        let mut settings = import.request.clone();
        settings.as_object_mut().context("the settings are no object")?.remove("file");
        let definition =
            Request { function: "status", method: "PUT", path: "/definitions/Case", query: "", body: &settings };
        let (status, answer, _) = self.request("definition", definition).await?;
        ensure!(matches!(status, 200 | 201), "the definition was answered with {status}: {answer}");
        let key = format!("inbox/Case/{}", import.request["file"]["name"].as_str().unwrap_or("customers.csv"));
        self.world.upload(&key, &import.file);
        tokio::time::sleep(import.wait).await;
        self.world.upload(&key, &import.file);
        let imports = Imports::new(&self.sdk, &resources());
        let id = loop {
            match imports.list(Listed::All, 2, None).await?.as_slice() {
                [] => tokio::time::sleep(Duration::from_secs(20)).await,
                [id] => break *id,
                more => bail!("one file is {} imports", more.len()),
            }
        };
        self.world.name_import(&id.to_string(), &format!("t{index}"));
        log.ids.insert(index, id);
        self.until_ended(id).await?;
        self.world.upload(&key, &import.file);
        Ok(())
    }

    /// Takes an import back once it has ended, and waits for the end of that.
    async fn take_back(&self, id: ImportId) -> anyhow::Result<ImportId> {
        self.until_ended(id).await?;
        let path = format!("/imports/{id}/undo");
        let (status, undo, _) = self.request("undo", Request::post(&path)).await?;
        ensure!(matches!(status, 200 | 201 | 409), "an undo was answered with {status}: {undo}");
        if status == 409 {
            // The import ended before it applied a row.
            return Ok(id);
        }
        let undo = undo["id"].as_str().context("the undo has no id")?;
        self.world.name_import(undo, "undo");
        let undo: ImportId = undo.parse()?;
        self.until_ended(undo).await?;
        Ok(undo)
    }

    /// Launches a forecast twice, which launches one import.
    async fn launch(&self, index: usize, forecast: ImportId, log: &mut ClientLog) -> anyhow::Result<()> {
        let (label, path) = (format!("t{index}.launch"), format!("/imports/{forecast}/launch"));
        let (status, launched, _) = self.request(&label, Request::post(&path)).await?;
        let id = launched["id"].as_str().with_context(|| format!("refused with {status}: {launched}"))?;
        self.world.name_import(id, &format!("t{index}"));
        log.ids.insert(index, id.parse()?);
        ensure!(launched["based_on"] == forecast.to_string(), "it is based on {}", launched["based_on"]);
        let (status, again, _) = self.request(&format!("{label}.again"), Request::post(&path)).await?;
        ensure!(status == 200 && again["id"] == launched["id"], "launched again with {status}: {again}");
        Ok(())
    }

    async fn retry(&self, index: usize, id: ImportId, log: &mut ClientLog) -> anyhow::Result<()> {
        let (label, path) = (format!("t{index}.retry"), format!("/imports/{id}/retry"));
        let (status, ..) = self.request(&label, Request::post(&path)).await?;
        if status != 202 {
            log.nothing_to_retry.push(index);
        }
        Ok(())
    }

    async fn until_ended(&self, id: ImportId) -> anyhow::Result<()> {
        let imports = Imports::new(&self.sdk, &resources());
        loop {
            let writes = self.world.writes_of_tasks();
            if imports.get(id).await?.context("the import is gone")?.ended_at.is_some() {
                return Ok(());
            }
            while self.world.writes_of_tasks() == writes {
                tokio::time::sleep(Duration::from_secs(20)).await;
            }
        }
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

    /// Asks for the erasures of the case, one after another.
    pub(super) async fn erase_customers(&self) -> anyhow::Result<ClientLog> {
        let mut log = ClientLog::default();
        for (index, erasure) in self.case.erasures.iter().enumerate() {
            tokio::time::sleep(erasure.wait).await;
            let before = self.launches.borrow().answered.clone();
            let request = Request {
                function: "status",
                method: "DELETE",
                path: "/customers",
                query: &erasure.query,
                body: &Json::Null,
            };
            let (status, answer, requests) = self.request(&format!("erase{index}"), request).await?;
            ensure!(matches!(status, 204 | 404 | 409), "an erasure was answered with {status}: {answer}");
            let perhaps_before = self.launches.borrow().requested.clone();
            tracing::debug!("erase{index} ?{} is answered {status}", erasure.query);
            let (person, suppressed) = (erasure.person, erasure.suppresses.then(|| erasure.named.clone()));
            let lifted = match erasure.lifted_after.filter(|_| status == 204) {
                Some(wait) => Some(self.lift(index, erasure, wait).await?),
                None => None,
            };
            log.erasures.push(SeenErasure { person, suppressed, status, requests, before, perhaps_before, lifted });
        }
        Ok(log)
    }

    /// Lifts the suppression of the identifier that an erasure named.
    async fn lift(&self, index: usize, erasure: &CaseErasure, wait: Duration) -> anyhow::Result<SeenLift> {
        tokio::time::sleep(wait).await;
        let query = erasure.query.trim_end_matches("&suppress=true");
        let request = Request { function: "status", method: "DELETE", path: "/suppressions", query, body: &Json::Null };
        let (status, answer, requests) = self.request(&format!("lift{index}"), request).await?;
        ensure!(matches!(status, 204 | 404), "lifting a suppression was answered with {status}: {answer}");
        tracing::debug!("lift{index} ?{query} is answered {status}");
        // A request that was not answered may have lifted it.
        let is_certain = status == 204 || requests > 1;
        Ok(SeenLift { is_certain, perhaps_before: self.launches.borrow().requested.clone() })
    }

    /// Makes a request until it is answered. Returns the status and the body of the answer, and how many requests it took.
    async fn request(&self, label: &str, asked: Request<'_>) -> anyhow::Result<(i64, Json, u32)> {
        for attempt in 0..MAX_REQUESTS {
            let mut request = LambdaFunctionUrlRequest::default();
            request.raw_path = Some(asked.path.to_owned());
            request.raw_query_string = (!asked.query.is_empty()).then(|| asked.query.to_owned());
            request.request_context.http.method = Some(asked.method.to_owned());
            request.headers.insert("idempotency-key", label.parse()?);
            request.body = (!asked.body.is_null()).then(|| asked.body.to_string());
            let handler = if asked.function == "upload" { &self.functions.upload } else { &self.functions.status };
            let place = self.place(asked.function, label);
            let spared = attempt >= FAULTY_RECEIVES;
            let answer =
                self.invoke(asked.function, place, spared, |context| handler(LambdaEvent::new(request, context))).await;
            if let Some(answer) = answer.filter(|answer| answer.status_code < 500) {
                let body =
                    answer.body.as_deref().filter(|body| !body.is_empty()).map(serde_json::from_str).transpose()?;
                return Ok((answer.status_code, body.unwrap_or_default(), attempt + 1));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        bail!("{label}: {MAX_REQUESTS} requests, and none was answered")
    }
}

/// A request to a function.
#[derive(Clone, Copy)]
struct Request<'a> {
    function: &'static str,
    method: &'static str,
    path: &'a str,
    query: &'a str,
    body: &'a Json,
}

impl<'a> Request<'a> {
    /// A request to the status function without a body.
    const fn post(path: &'a str) -> Self {
        Self { function: "status", method: "POST", path, query: "", body: &Json::Null }
    }
}
