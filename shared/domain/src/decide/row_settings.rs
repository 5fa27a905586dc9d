//! The settings that hold for one row: its own cells where it has them, else the import's.

use super::overlay::Overlay;
use super::refusals::unknown_name;
use super::vocabulary::ApiEndpoint;
use crate::codes::RowCode;
use crate::columns::ColumnId;
use crate::customer::{Segment, folded};
use crate::imports::DEFAULT_API_ENDPOINT;
use crate::problems::RowProblem;
use crate::row::ParsedRow;
use crate::wording::quoted;

/// The segment, the action and the sources of one row.
pub(super) struct RowSettings {
    pub(super) segment: Option<Segment>,
    pub(super) action: Option<String>,
    pub(super) api_endpoint: String,
    pub(super) touchpoint: String,
}

impl Overlay<'_> {
    /// The row's cells where it has them, else the import's settings. An error if a cell names something that does not
    /// exist.
    pub(super) fn row_settings(&self, parsed: &ParsedRow) -> Result<RowSettings, Vec<RowProblem>> {
        let terms = self.terms;
        let mut problems = Vec::new();
        let segment = match (&parsed.segment, &terms.segment) {
            (Some(named), _) => Some(Segment::new(named.group.as_deref().unwrap_or(&terms.segment_group), &named.name)),
            (None, Some(setting)) => Some(Segment::new(&setting.group, &setting.name)),
            (None, None) => None,
        };
        if let Some(segment) = &segment
            && terms.segment.as_ref().is_some_and(|setting| !setting.create)
            && !self.stored.segments.contains(&segment.id())
        {
            problems.push(unknown_name(
                terms,
                RowCode::UnknownSegment,
                &ColumnId::Segment,
                format!(
                    "There is no segment “{}” in the group “{}”, and this import may not create one.",
                    quoted(&segment.name),
                    quoted(&segment.group)
                ),
            ));
        }
        if let Some(action) = &parsed.source_action
            && terms.source_action.as_ref().is_some_and(|setting| !setting.create)
            && !self.stored.actions.contains(&folded(action))
        {
            problems.push(unknown_name(
                terms,
                RowCode::UnknownSourceAction,
                &ColumnId::SourceAction,
                format!("There is no action “{}”, and this import may not create one.", quoted(action)),
            ));
        }
        let api_endpoint = parsed.api_endpoint.as_ref().map(|name| self.api_endpoint(name));
        if let (Some(endpoint), Some(None)) = (&parsed.api_endpoint, &api_endpoint) {
            problems.push(unknown_name(
                terms,
                RowCode::UnknownApiEndpoint,
                &ColumnId::ApiEndpoint,
                format!(
                    "There is no API endpoint “{}”. Correct the cell, or leave it empty for the import's.",
                    quoted(endpoint)
                ),
            ));
        }
        let touchpoint = parsed.touchpoint.as_ref().map(|name| self.touchpoint(name));
        if let (Some(touchpoint), Some(None)) = (&parsed.touchpoint, &touchpoint) {
            problems.push(unknown_name(
                terms,
                RowCode::UnknownTouchpoint,
                &ColumnId::Touchpoint,
                format!(
                    "There is no touchpoint “{}”. Correct the cell, or leave it empty for the import's.",
                    quoted(touchpoint)
                ),
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let api_endpoint = api_endpoint.flatten();
        let touchpoint = match (touchpoint.flatten(), &api_endpoint, &terms.touchpoint) {
            (Some(touchpoint), _, _) => touchpoint,
            (None, _, Some(touchpoint)) => touchpoint.clone(),
            (None, None, None) => terms.touchpoint().to_owned(),
            (None, Some(endpoint), None) => endpoint.touchpoint.clone().unwrap_or_else(|| endpoint.name.clone()),
        };
        let api_endpoint = api_endpoint.map_or_else(|| terms.api_endpoint.clone(), |endpoint| endpoint.name);
        Ok(RowSettings { segment, action: parsed.source_action.clone(), api_endpoint, touchpoint })
    }

    /// The API endpoint that a cell names, if it exists. Names are compared without regard to case, so one endpoint is
    /// always written the same way.
    fn api_endpoint(&self, name: &str) -> Option<ApiEndpoint> {
        let folded = folded(name);
        let stored = || self.stored.api_endpoints.get(&folded).cloned();
        let setting = || [self.terms.api_endpoint.as_str(), DEFAULT_API_ENDPOINT].into_iter().find(is_named(&folded));
        stored().or_else(|| Some(ApiEndpoint { name: setting()?.to_owned(), touchpoint: None }))
    }

    /// The touchpoint that a cell names, if it exists.
    fn touchpoint(&self, name: &str) -> Option<String> {
        let folded = folded(name);
        let setting = || [self.terms.touchpoint(), DEFAULT_API_ENDPOINT].into_iter().find(is_named(&folded));
        self.stored.touchpoints.get(&folded).cloned().or_else(|| setting().map(ToOwned::to_owned))
    }
}

fn is_named(folded_name: &str) -> impl Fn(&&str) -> bool {
    move |name| folded(name) == folded_name
}
