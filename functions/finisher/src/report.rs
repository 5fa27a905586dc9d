//! errors.csv from the parts that batches left: the two lanes' parts merged into file order, a part at a time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use serde_json::{Value as Json, json};
use shared::batch::NotABatch;
use shared::outcome::RowCode;
use shared::progress::ProgressError;
use shared::report::{self, Line};
use shared::store::StoreError;
use shared::store::objects::Objects;
use shared::task::TaskId;

use crate::Finisher;

/// Parts on their way at once: a store takes tens of milliseconds for each, and a large import has a hundred thousand.
const PARTS_AHEAD: usize = 32;

impl Finisher {
    /// Joins the report of a task and sums it up; the key of it, or none when nothing is wrong with any row.
    pub(crate) async fn report(&self, id: TaskId) -> Result<Option<String>, ProgressError> {
        let progress = &self.progress;
        let Some(task) = progress.tasks.task(id).await? else { return Ok(None) };
        let revisions: HashMap<u32, u32> =
            progress.tasks.pages(id).await?.into_iter().flat_map(|page| page.revisions).collect();
        let first_ordered = task.ledger.parallel_pages() * shared::ledger::BATCHES_PER_PAGE;
        let mut parallel = Parts::new(&progress.objects, id, revisions.clone(), None, Some(first_ordered));
        let mut ordered = Parts::new(&progress.objects, id, revisions, Some(first_ordered), None);
        if parallel.peek().await?.is_none() && ordered.peek().await?.is_none() {
            return Ok(None);
        }
        let definition = progress.tasks.definition(id).await?;
        let Some(checked) = &definition.checked else {
            return Err(NotABatch("its task is not checked".to_owned()).into());
        };
        let key = format!("reports/{id}/errors.csv");
        let mut writer = progress.objects.writer(&key, "text/csv; charset=utf-8");
        writer.write(report::BYTE_ORDER_MARK).await?;
        writer.write(&report::header(&checked.layout.header, checked.delimiter)).await?;
        let mut summary: BTreeMap<RowCode, Json> = BTreeMap::new();
        loop {
            let (first, second) = (parallel.peek().await?, ordered.peek().await?);
            let next = match (first, second) {
                (Some(first), Some(second)) if first < second => parallel.take(),
                (Some(_), None) => parallel.take(),
                (_, Some(_)) => ordered.take(),
                (None, None) => break,
            };
            if let Some(line) = next {
                writer.write(&line.csv).await?;
                let listed = summary.entry(line.problem.code).or_insert_with(|| example(&line, &checked.layout.header));
                listed["rows"] = (listed["rows"].as_u64().unwrap_or(0) + 1).into();
            }
        }
        writer.close().await?;
        let summary = json!({ "import": id, "codes": summary.into_values().collect::<Vec<_>>() });
        progress.objects.put(&report::summary_key(id), "application/json", summary.to_string()).await?;
        Ok(Some(key))
    }
}

/// The first row listed under a code.
fn example(line: &Line, header: &[String]) -> Json {
    let column = line.problem.cell.and_then(|cell| header.get(usize::from(cell)));
    json!({
        "code": line.problem.code,
        "severity": line.problem.severity,
        "rows": 0,
        "example": { "row": line.row, "line": line.line, "column": column, "message": line.problem.message },
    })
}

/// The parts of one lane, in their order; the next ones are read while one is used.
struct Parts<'a> {
    objects: &'a Objects,
    prefix: String,
    revisions: HashMap<u32, u32>,
    after: Option<String>,
    until: Option<u32>,
    keys: VecDeque<String>,
    listed: bool,
    ahead: FuturesOrdered<BoxFuture<'a, Result<Vec<Line>, StoreError>>>,
    lines: VecDeque<Line>,
}

impl<'a> Parts<'a> {
    fn new(
        objects: &'a Objects,
        id: TaskId,
        revisions: HashMap<u32, u32>,
        from: Option<u32>,
        until: Option<u32>,
    ) -> Self {
        let prefix = format!("reports/{id}/parts/");
        let after = from.map(|from| format!("{prefix}{from:08}"));
        let (keys, lines, ahead) = (VecDeque::new(), VecDeque::new(), FuturesOrdered::new());
        Self { objects, prefix, revisions, after, until, keys, listed: false, ahead, lines }
    }

    /// The row of the next line.
    async fn peek(&mut self) -> Result<Option<u64>, StoreError> {
        while self.lines.is_empty() {
            self.look_ahead().await?;
            match self.ahead.next().await {
                Some(lines) => self.lines = lines?.into(),
                None => return Ok(None),
            }
        }
        Ok(self.lines.front().map(|line| line.row))
    }

    fn take(&mut self) -> Option<Line> {
        self.lines.pop_front()
    }

    /// Begins to read parts, as many as may be on their way.
    async fn look_ahead(&mut self) -> Result<(), StoreError> {
        while self.ahead.len() < PARTS_AHEAD {
            let Some(key) = self.keys.pop_front() else {
                if self.listed {
                    return Ok(());
                }
                self.keys = self.objects.list(&self.prefix, self.after.as_deref()).await?.into();
                self.listed = self.keys.is_empty();
                self.after = self.keys.back().cloned().or(self.after.take());
                continue;
            };
            let name = key.strip_prefix(&self.prefix).and_then(|name| name.split_once('-'));
            let numbers =
                name.and_then(|(batch, revision)| Some((batch.parse::<u32>().ok()?, revision.parse::<u32>().ok()?)));
            let Some((batch, revision)) = numbers else { continue };
            if self.until.is_some_and(|until| batch >= until) {
                self.listed = true;
                self.keys.clear();
            } else if self.revisions.get(&batch).copied().unwrap_or(1) == revision {
                self.ahead.push_back(Box::pin(open(self.objects, key)));
            }
        }
        Ok(())
    }
}

async fn open(objects: &Objects, key: String) -> Result<Vec<Line>, StoreError> {
    let bytes = objects.get(&key).await?;
    report::unpack(&bytes).ok_or_else(|| StoreError::Malformed { what: "report part", why: "not one".to_owned() })
}
