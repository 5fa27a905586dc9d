//! The settings that hold for one row: its own cells where it has them, else the import's.

use super::overlay::Overlay;
use super::refusals::unknown_name;
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
        if let Some(endpoint) = &parsed.api_endpoint
            && !self.stored.api_endpoints.contains_key(&folded(endpoint))
            && ![terms.api_endpoint.as_str(), DEFAULT_API_ENDPOINT].map(folded).contains(&folded(endpoint))
        {
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
        if let Some(touchpoint) = &parsed.touchpoint
            && !self.stored.touchpoints.contains(&folded(touchpoint))
            && ![terms.touchpoint(), DEFAULT_API_ENDPOINT].map(folded).contains(&folded(touchpoint))
        {
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
        let api_endpoint = parsed.api_endpoint.clone().unwrap_or_else(|| terms.api_endpoint.clone());
        let touchpoint = match (&parsed.touchpoint, &parsed.api_endpoint, &terms.touchpoint) {
            (Some(touchpoint), _, _) | (None, _, Some(touchpoint)) => touchpoint.clone(),
            (None, None, None) => terms.touchpoint().to_owned(),
            (None, Some(endpoint), None) => {
                self.stored.api_endpoints.get(&folded(endpoint)).cloned().flatten().unwrap_or_else(|| endpoint.clone())
            }
        };
        Ok(RowSettings { segment, action: parsed.source_action.clone(), api_endpoint, touchpoint })
    }
}
