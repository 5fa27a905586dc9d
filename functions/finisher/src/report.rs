//! errors.csv from what batches left for it.

use std::collections::BTreeMap;

use domain::codes::RowCode;
use domain::keys::ObjectKey;
use domain::report::{self, Line};
use serde_json::{Value as Json, json};
use steps::StepError;
use stores::imports::{Import, Setup};

use crate::Finisher;
use crate::join::{CountedBatches, InFileOrder};

impl Finisher {
    /// Joins the report of an import and sums it up. Gives the report's key; none if nothing is wrong with any row.
    pub(crate) async fn report(
        &self,
        import: &Import,
        setup: &Setup,
        counted: &CountedBatches,
    ) -> Result<Option<String>, StepError> {
        let (stores, id) = (&self.stores, import.id);
        let mut lines = InFileOrder::<Line>::new(&stores.bucket, import, counted).await?;
        let Some(first) = lines.next().await? else { return Ok(None) };
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
        let mut next = Some(first);
        while let Some(line) = next {
            writer.write(&line.csv).await?;
            let listed = codes.entry(line.problem.code).or_insert_with(|| example(&line, header));
            listed["rows"] = (listed["rows"].as_u64().unwrap_or(0) + 1).into();
            next = lines.next().await?;
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
