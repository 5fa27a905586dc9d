//! errors.csv from the report parts that batches left: those of the waves merged into file order, a part at a time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use domain::codes::RowCode;
use domain::keys::ObjectKey;
use domain::plan::Wave;
use domain::report::{self, Line};
use serde_json::{Value as Json, json};
use steps::StepError;
use stores::imports::Import;

use crate::Finisher;
use crate::join::ReportParts;

impl Finisher {
    /// Joins the report of an import and sums it up. Gives the report's key; none if nothing is wrong with any row.
    pub(crate) async fn report(&self, import: &Import) -> Result<Option<String>, StepError> {
        let (stores, id) = (&self.stores, import.id);
        let pages = stores.ledger.pages(id).await?;
        let revisions = pages.into_iter().flat_map(|page| {
            let revision = move |batch| (batch, page.revisions.get(&batch).copied().unwrap_or(1));
            page.done.into_iter().map(revision)
        });
        let counted: Arc<HashMap<u32, u32>> = Arc::new(revisions.collect());
        let waves = Wave::all().filter(|wave| import.numbers.of(*wave) > 0);
        let mut waves: Vec<ReportParts<'_>> = waves
            .map(|wave| ReportParts::new(&stores.bucket, id, Arc::clone(&counted), import.numbers.numbers_of(wave)))
            .collect();
        // By the row that is next in each wave, so that the waves are merged into file order.
        let mut next = BinaryHeap::new();
        for (wave, parts) in waves.iter_mut().enumerate() {
            next.extend(parts.peek().await?.map(|row| Reverse((row, wave))));
        }
        if next.is_empty() {
            return Ok(None);
        }
        let setup = stores.imports.setup(import).await?;
        let checked = setup.checked.as_ref().ok_or(StepError::NotChecked)?;
        let header = &checked.layout.header;
        let key = ObjectKey::Report { import: id, run: import.run }.to_string();
        let mut writer = stores.bucket.writer(&key, "text/csv; charset=utf-8");
        writer.write(report::BYTE_ORDER_MARK).await?;
        let first_line = match setup.request.undoes {
            Some(_) => report::undo_header(),
            None => report::header(header, checked.dialect.delimiter),
        };
        writer.write(&first_line).await?;
        let mut codes: BTreeMap<RowCode, Json> = BTreeMap::new();
        while let Some(Reverse((_, wave))) = next.pop() {
            if let Some(line) = waves[wave].take() {
                writer.write(&line.csv).await?;
                let listed = codes.entry(line.problem.code).or_insert_with(|| example(&line, header));
                listed["rows"] = (listed["rows"].as_u64().unwrap_or(0) + 1).into();
            }
            next.extend(waves[wave].peek().await?.map(|row| Reverse((row, wave))));
        }
        writer.close().await?;
        let summary = json!({ "import": id, "codes": codes.into_values().collect::<Vec<_>>() });
        let summary_key = ObjectKey::ReportSummary { import: id, run: import.run }.to_string();
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
