//! The page of documentation on the columns, made from the table.

use super::table::{COLUMNS, Column, MEANS_ANOTHER};

/// The page of documentation on the columns, made from the table.
pub fn page() -> String {
    let mut page = String::from(
        "# The columns of an import\n\n\
         Made from the table in `shared/domain/src/columns/table.rs`; a test compares it. Names are matched without regard to case, \
         spaces, `_` and `-`. Columns that begin with `_` are left out.\n\n\
         | column | type | also called | what to write | example |\n| --- | --- | --- | --- | --- |\n",
    );
    for column in COLUMNS {
        let Column { name, kind, hint, example, .. } = column;
        let other_names = column.other_names().collect::<Vec<_>>().join(", ");
        page.push_str(&format!("| `{name}` | {} | {other_names} | {hint} | {example} |\n", kind.word()));
    }
    page.push_str(
        "\nFamilies: `external_id.SYSTEM`, `subscribed.CHANNEL` (also: accepts CHANNEL marketing, CHANNEL marketing consent), \
         `subscribed.CHANNEL.TOPIC`, and `custom.NAME` for the custom fields that are declared.\n\n\
         ## Files with several names of one column\n\n\
         Two headers that mean one column are a `duplicate_column`. With `on_unknown_column` `ignore` the better one is taken, \
         and the other one is left out like an unknown column: a mapped header comes first, then any name that is not in this \
         list, then these in their order.\n\n",
    );
    for Column { name, lesser, .. } in COLUMNS.iter().filter(|column| !column.lesser.is_empty()) {
        page.push_str(&format!("- `{name}`: {}\n", lesser.join(", ")));
    }
    for (name, beside) in MEANS_ANOTHER {
        page.push_str(&format!("- “{name}” is left out beside “{beside}”: it is no customer's then.\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_on_columns_is_made_from_the_table() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/columns.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page(), "docs/columns.md is not up to date: UPDATE_GOLDEN=1 cargo test -p domain writes it");
    }
}
