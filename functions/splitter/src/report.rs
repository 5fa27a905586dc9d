//! Files that are reports: they are read with the settings of the import that they report on.

use domain::imports::CatalogueAtLaunch;
use domain::report::Origin;
use stores::bucket::Head;
use stores::imports::{Import, Setup};

use crate::Splitter;
use crate::error::SplitError;

impl Splitter {
    /// The setup with the settings of the import that the file is a report of; none if it is no report, or if that
    /// import is not known.
    pub(crate) async fn settings_of_report(
        &self,
        import: &Import,
        setup: &Setup,
        head: &Head,
    ) -> Result<Option<Setup>, SplitError> {
        let first = self.stores.bucket.first_bytes(&import.object_key, &head.etag, Origin::FIRST_BYTES).await?;
        let is_whole = first.len() as u64 == head.size;
        let Some(origin) = Origin::of(&first, is_whole) else { return Ok(None) };
        let Some(before) = self.stores.imports.get(origin.import).await? else { return Ok(None) };
        let before = self.stores.imports.setup(&before).await?;
        let takes_endpoint = setup.request.settings.api_endpoint.is_none();
        let touchpoint = if takes_endpoint { before.catalogue.touchpoint } else { setup.catalogue.touchpoint.clone() };
        let request = setup.request.clone().for_report_of(&before.request, before.checked.as_ref(), &origin);
        let catalogue = CatalogueAtLaunch { fields: setup.catalogue.fields.clone(), touchpoint };
        Ok(Some(Setup { request, catalogue, checked: None }))
    }
}
