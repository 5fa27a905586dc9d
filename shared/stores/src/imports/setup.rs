//! What was asked for and what the check found: it does not change once batches are sent.

use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest};
use domain::plan::{Checked, QuotedCells, ReportOf};
use domain::report::Origin;

use super::Imports;
use super::item::Import;
use super::lease::{checked_key, settings_key};
use crate::dynamo::read_text;
use crate::error::StoreError;

/// What an import was asked for, and what the check found.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The settings as the client sent them; once a report is checked, with those of the import that it reports on.
    pub request: ImportRequest,
    /// What the catalogue said of them at the launch.
    pub catalogue: CatalogueAtLaunch,
    /// What the check found; none before it ended.
    pub checked: Option<Checked>,
}

impl Imports {
    /// The setup of an import.
    ///
    /// # Errors
    /// When the table cannot be read, or there is no such import.
    pub async fn setup(&self, import: &Import) -> Result<Setup, StoreError> {
        let id = import.id.to_string();
        let item = self.table.get(&id, "settings").await?;
        let item = item.ok_or_else(|| StoreError::malformed("import", "its settings are missing"))?;
        let request = read_text(&item, "request").unwrap_or_default();
        let request = serde_json::from_str(request).map_err(|error| StoreError::malformed("import request", error))?;
        let catalogue = read_text(&item, "bound").map(serde_json::from_str).transpose();
        let catalogue = catalogue.map_err(|error| StoreError::malformed("catalogue", error))?.unwrap_or_default();
        let checked = match &import.checked_by {
            Some(owner) => self.table.get(&id, &checked_key(owner)).await?,
            None => None,
        };
        let own_settings = match (&checked, &import.checked_by) {
            (Some(item), Some(owner)) if item.contains_key("has_settings") => {
                self.table.get(&id, &settings_key(owner)).await?
            }
            _ => None,
        };
        let checked = checked
            .and_then(|item| read_text(&item, "checked").map(ToOwned::to_owned))
            .map(|json| serde_json::from_str(&json).map_err(|error| StoreError::malformed("check result", error)))
            .transpose()?;
        let own_settings: Option<(ImportRequest, CatalogueAtLaunch)> = own_settings
            .and_then(|item| read_text(&item, "settings").map(ToOwned::to_owned))
            .map(|json| serde_json::from_str(&json).map_err(|error| StoreError::malformed("import request", error)))
            .transpose()?;
        let (request, catalogue) = own_settings.unwrap_or((request, catalogue));
        Ok(Setup { request, catalogue, checked })
    }

    /// The import that a file is the report of, and this setup with the settings of that import, if it is known.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn setup_of_report(
        &self,
        setup: &Setup,
        origin: &Origin,
    ) -> Result<(ReportOf, Option<Setup>), StoreError> {
        let before = match origin.import.parse() {
            Ok(id) => self.get(id).await?,
            Err(_) => None,
        };
        let report = ReportOf { import: origin.import.clone(), is_known: before.is_some() };
        let Some(before) = before else { return Ok((report, None)) };
        let before = self.setup(&before).await?;
        let (given, at_launch) = (&setup.request.settings, &setup.catalogue);
        let of_endpoint = if given.api_endpoint.is_none() { &before.catalogue } else { at_launch };
        let of_touchpoint = if given.touchpoint.is_none() { &before.catalogue } else { at_launch };
        let catalogue = CatalogueAtLaunch {
            fields: at_launch.fields.clone(),
            touchpoint: of_endpoint.touchpoint.clone(),
            api_endpoint: of_endpoint.api_endpoint.clone(),
            chosen_touchpoint: of_touchpoint.chosen_touchpoint.clone(),
        };
        let request = setup.request.clone().for_report_of(&before.request, before.checked.as_ref(), origin);
        Ok((report, Some(Setup { request, catalogue, checked: None })))
    }

    /// What the check quoted of the cells of an import's file, until it expires.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn quoted_cells(&self, id: ImportId) -> Result<QuotedCells, StoreError> {
        let Some(item) = self.table.get(&id.to_string(), "first_rows").await? else {
            return Ok(QuotedCells::default());
        };
        // The error's text could quote a cell, so only its kind is passed on.
        let malformed =
            |error: serde_json::Error| StoreError::malformed("check result", format!("{:?} error", error.classify()));
        let first_rows = serde_json::from_str(read_text(&item, "rows").unwrap_or_default()).map_err(malformed)?;
        // Checks of earlier versions quoted no examples.
        let examples = serde_json::from_str(read_text(&item, "examples").unwrap_or("[]")).map_err(malformed)?;
        Ok(QuotedCells { first_rows, examples })
    }
}
