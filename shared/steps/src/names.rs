//! The names in an import's settings, looked up in the catalogue before the import is launched.

use std::collections::BTreeSet;

use domain::catalogue::{Entry, EntryKind};
use domain::columns::ColumnId;
use domain::customer::{Segment, folded};
use domain::imports::{CatalogueAtLaunch, DEFAULT_API_ENDPOINT, ImportRequest};
use domain::input::FieldProblem;
use domain::wording::listing;
use stores::StoreError;
use stores::catalogue::Catalogue;

/// What the catalogue says of an import's settings, or the names in them that do not exist.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn at_launch(
    catalogue: &Catalogue,
    import: &ImportRequest,
) -> Result<Result<CatalogueAtLaunch, Vec<FieldProblem>>, StoreError> {
    let settings = &import.settings;
    let fields = catalogue.fields().await?;
    let mut found = Vec::new();
    let mut at_launch = CatalogueAtLaunch { fields, ..CatalogueAtLaunch::default() };
    for (header, column) in &import.columns {
        let column = column.as_ref().and_then(|to| ColumnId::parse(&to.column)).map(|column| column.to_string());
        if let Some(field) = column.as_deref().and_then(|column| column.strip_prefix("custom."))
            && !at_launch.fields.contains_key(field)
        {
            let message =
                format!("There is no custom field `{field}`. {}", listing(at_launch.fields.keys().map(String::as_str)));
            found.push(FieldProblem::new(&format!("columns.{header}"), "unknown_column", message));
        }
    }
    if let Some(name) = &settings.api_endpoint {
        match one(catalogue, EntryKind::ApiEndpoint, name).await? {
            Some(Entry::ApiEndpoint { name, touchpoint }) => {
                (at_launch.api_endpoint, at_launch.touchpoint) = (Some(name), touchpoint);
            }
            _ if is_default(name) => at_launch.api_endpoint = Some(DEFAULT_API_ENDPOINT.to_owned()),
            _ => found.push(missing(catalogue, EntryKind::ApiEndpoint, "settings.api_endpoint", name).await?),
        }
    }
    if let Some(name) = &settings.touchpoint {
        match one(catalogue, EntryKind::Touchpoint, name).await? {
            Some(entry) => at_launch.chosen_touchpoint = Some(entry.name().to_owned()),
            None if is_default(name) => at_launch.chosen_touchpoint = Some(DEFAULT_API_ENDPOINT.to_owned()),
            None => found.push(missing(catalogue, EntryKind::Touchpoint, "settings.touchpoint", name).await?),
        }
    }
    if let Some(setting) = settings.segment.as_ref().filter(|setting| !setting.create) {
        let wanted = Segment::new(&setting.group, &setting.name);
        if catalogue.segments(&BTreeSet::from([wanted.id()])).await?.is_empty() {
            found.push(missing(catalogue, EntryKind::Segment, "settings.segment.name", &setting.name).await?);
        }
    }
    if let Some(setting) = settings.source_action.as_ref().filter(|setting| !setting.create) {
        let update = setting.update_action.iter().map(|name| ("settings.source_action.update_action", name));
        for (path, name) in [("settings.source_action.name", &setting.name)].into_iter().chain(update) {
            if one(catalogue, EntryKind::SourceAction, name).await?.is_none() {
                found.push(missing(catalogue, EntryKind::SourceAction, path, name).await?);
            }
        }
    }
    Ok(if found.is_empty() { Ok(at_launch) } else { Err(found) })
}

fn is_default(name: &str) -> bool {
    folded(name) == folded(DEFAULT_API_ENDPOINT)
}

async fn one(catalogue: &Catalogue, kind: EntryKind, name: &str) -> Result<Option<Entry>, StoreError> {
    Ok(catalogue.named(kind, &BTreeSet::from([name.to_owned()])).await?.pop())
}

/// The refusal of a name that does not exist: it lists those that do.
async fn missing(catalogue: &Catalogue, kind: EntryKind, path: &str, name: &str) -> Result<FieldProblem, StoreError> {
    let existing = catalogue.list(kind).await?;
    let code = match kind {
        EntryKind::ApiEndpoint => "unknown_api_endpoint",
        EntryKind::Touchpoint => "unknown_touchpoint",
        EntryKind::Segment | EntryKind::SegmentGroup => "unknown_segment",
        EntryKind::SourceAction => "unknown_source_action",
        EntryKind::CustomField => "unknown_column",
    };
    let message = format!(
        "There is no {} “{name}”. {} Create it with POST /{}s (muster create {} NAME), or choose another.",
        kind.noun(),
        listing(existing.iter().map(Entry::name)),
        kind.word(),
        kind.word()
    );
    Ok(FieldProblem::new(path, code, message))
}
