//! results.csv: what became of every row, from what batches left for it.

use domain::keys::ObjectKey;
use domain::report::RowResult;
use steps::StepError;
use stores::imports::{Import, Setup};

use crate::Finisher;
use crate::join::{CountedBatches, InFileOrder};

impl Finisher {
    /// Joins the results of an import, if they were asked for, and gives their key. Rows that the import did not come to
    /// before it was stopped are in them, too. In one run of an import nothing more is counted by now, so what a finisher
    /// made that died afterwards is not made again.
    pub(crate) async fn results(
        &self,
        import: &Import,
        setup: &Setup,
        counted: &CountedBatches,
    ) -> Result<Option<String>, StepError> {
        if !setup.request.results || setup.checked.is_none() {
            return Ok(None);
        }
        let bucket = &self.stores.bucket;
        let key = ObjectKey::Results { import: import.id, run: import.run }.to_string();
        if bucket.head(&key).await?.is_some() {
            return Ok(Some(key));
        }
        let mut results = InFileOrder::<RowResult>::new(bucket, import, counted).await?;
        let mut writer = bucket.writer(&key, "text/csv; charset=utf-8");
        writer.write(&RowResult::header()).await?;
        let mut row = 1;
        while let Some(result) = results.next().await? {
            for left_out in row..result.row {
                writer.write(&RowResult::left_out(left_out).csv()).await?;
            }
            writer.write(&result.csv()).await?;
            row = result.row + 1;
        }
        for left_out in row..=import.rows {
            writer.write(&RowResult::left_out(left_out).csv()).await?;
        }
        writer.close().await?;
        Ok(Some(key))
    }
}
