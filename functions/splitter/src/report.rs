//! Files that are reports: they are read with the settings of the import that they report on.

use domain::plan::ReportOf;
use domain::report::Origin;
use stores::bucket::Head;
use stores::imports::{Import, Setup};

use crate::Splitter;
use crate::error::SplitError;

impl Splitter {
    /// The import that the file is a report of, and the setup with the settings of that import, if it is known. None if
    /// the file is no report.
    pub(crate) async fn report_of(
        &self,
        import: &Import,
        setup: &Setup,
        head: &Head,
    ) -> Result<Option<(ReportOf, Option<Setup>)>, SplitError> {
        let first = self.stores.bucket.first_bytes(&import.object_key, &head.etag, Origin::FIRST_BYTES).await?;
        let is_whole = first.len() as u64 == head.size;
        let Some(origin) = Origin::of(&first, is_whole) else { return Ok(None) };
        Ok(Some(self.stores.imports.setup_of_report(setup, &origin).await?))
    }
}
