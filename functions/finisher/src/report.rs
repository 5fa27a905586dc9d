//! errors.csv from the report parts that batches left: those of the two lanes merged into file order, a part at a time.

use std::collections::{BTreeMap, HashMap};

use domain::codes::RowCode;
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::plan::BATCHES_PER_PAGE;
use domain::report::{self, Line};
use serde_json::{Value as Json, json};
use steps::StepError;

use crate::Finisher;
use crate::join::ReportParts;

impl Finisher {
    /// Joins the report of an import and sums it up. Gives the report's key; none if nothing is wrong with any row.
    pub(crate) async fn report(&self, id: ImportId) -> Result<Option<String>, StepError> {
        let stores = &self.stores;
        let Some(import) = stores.imports.get(id).await? else { return Ok(None) };
        let pages = stores.ledger.pages(id).await?;
        let revisions: HashMap<u32, u32> = pages.into_iter().flat_map(|page| page.revisions).collect();
        let first_ordered = import.numbers.parallel_pages() * BATCHES_PER_PAGE;
        let mut parallel = ReportParts::new(&stores.bucket, id, revisions.clone(), None, Some(first_ordered));
        let mut ordered = ReportParts::new(&stores.bucket, id, revisions, Some(first_ordered), None);
        if parallel.peek().await?.is_none() && ordered.peek().await?.is_none() {
            return Ok(None);
        }
        let setup = stores.imports.setup(id).await?;
        let checked = setup.checked.as_ref().ok_or(StepError::NotChecked)?;
        let header = &checked.layout.header;
        let key = ObjectKey::Report { import: id }.to_string();
        let mut writer = stores.bucket.writer(&key, "text/csv; charset=utf-8");
        writer.write(report::BYTE_ORDER_MARK).await?;
        writer.write(&report::header(header, checked.delimiter)).await?;
        let mut codes: BTreeMap<RowCode, Json> = BTreeMap::new();
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
                let listed = codes.entry(line.problem.code).or_insert_with(|| example(&line, header));
                listed["rows"] = (listed["rows"].as_u64().unwrap_or(0) + 1).into();
            }
        }
        writer.close().await?;
        let summary = json!({ "import": id, "codes": codes.into_values().collect::<Vec<_>>() });
        let summary_key = ObjectKey::ReportSummary { import: id }.to_string();
        stores.bucket.put(&summary_key, "application/json", summary.to_string()).await?;
        Ok(Some(key))
    }
}

/// The first row that is listed under a code.
fn example(line: &Line, header: &[String]) -> Json {
    let column = line.problem.cell.and_then(|cell| header.get(usize::from(cell)));
    json!({
        "code": line.problem.code,
        "severity": line.problem.severity,
        "rows": 0,
        "example": { "row": line.row, "line": line.line, "column": column, "message": line.problem.message },
    })
}
