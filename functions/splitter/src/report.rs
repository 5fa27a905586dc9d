//! Files that are reports: they are read with the settings of the import that they report on.

use domain::imports::CatalogueAtLaunch;
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
        let before = match origin.import.parse() {
            Ok(id) => self.stores.imports.get(id).await?,
            Err(_) => None,
        };
        let report = ReportOf { import: origin.import.clone(), is_known: before.is_some() };
        let Some(before) = before else { return Ok(Some((report, None))) };
        let before = self.stores.imports.setup(&before).await?;
        let (given, at_launch) = (&setup.request.settings, &setup.catalogue);
        let of_endpoint = if given.api_endpoint.is_none() { &before.catalogue } else { at_launch };
        let of_touchpoint = if given.touchpoint.is_none() { &before.catalogue } else { at_launch };
        let catalogue = CatalogueAtLaunch {
            fields: at_launch.fields.clone(),
            touchpoint: of_endpoint.touchpoint.clone(),
            api_endpoint: of_endpoint.api_endpoint.clone(),
            chosen_touchpoint: of_touchpoint.chosen_touchpoint.clone(),
        };
        let request = setup.request.clone().for_report_of(&before.request, before.checked.as_ref(), &origin);
        Ok(Some((report, Some(Setup { request, catalogue, checked: None }))))
    }
}
