//! Which of several headers that mean one column is taken, and which give way.

use std::collections::{BTreeMap, BTreeSet};

use super::id::{ColumnId, fold};
use super::mapping::{MappedHeaders, Mapping};
use super::table::{COLUMNS, MEANS_ANOTHER};

/// How good a header's claim to its column is; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Mapped,
    Name,
    /// A lesser name, by its place in the table.
    Lesser(usize),
}

fn claim(header: &str) -> Claim {
    let folded = fold(header);
    let place = |names: &[&str]| names.iter().position(|name| fold(name) == folded);
    COLUMNS.iter().find_map(|column| place(column.lesser)).map_or(Claim::Name, Claim::Lesser)
}

/// The places of headers that give way to a better name of their column in the same file, and of those that mean
/// something else beside others. Equally good names of one column stay, so that they are refused.
pub(super) fn lesser_headers(cells: &[&str], mapping: &Mapping) -> BTreeSet<usize> {
    let mapped = MappedHeaders::new(mapping, cells);
    let folded: BTreeSet<String> = cells.iter().map(|cell| fold(cell)).collect();
    let means_another = |cell: &str| {
        MEANS_ANOTHER.iter().any(|(name, beside)| fold(name) == fold(cell) && folded.contains(&fold(beside)))
    };
    let mut lesser = BTreeSet::new();
    let mut best: BTreeMap<ColumnId, (Claim, Vec<usize>)> = BTreeMap::new();
    for (place, cell) in cells.iter().enumerate() {
        let (column, claim) = match mapped.get(cell) {
            Some(to) => (to.as_ref().and_then(|to| ColumnId::parse(&to.column)), Claim::Mapped),
            None if means_another(cell) => {
                lesser.insert(place);
                continue;
            }
            None => (ColumnId::parse(cell), claim(cell)),
        };
        let Some(column) = column else { continue };
        let (best, places) = best.entry(column).or_insert_with(|| (claim, Vec::new()));
        if claim < *best {
            lesser.extend(places.drain(..));
            *best = claim;
        }
        if claim == *best {
            places.push(place);
        } else {
            lesser.insert(place);
        }
    }
    lesser
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out<'a>(header: &'a str, mapping: &[(&str, Option<&str>)]) -> Vec<&'a str> {
        let cells: Vec<&str> = header.split(',').collect();
        let mapping = mapping.iter().map(|(from, to)| ((*from).to_owned(), to.map(Into::into))).collect();
        lesser_headers(&cells, &mapping).into_iter().map(|place| cells[place]).collect()
    }

    #[test]
    fn the_best_name_of_a_column_is_taken() {
        for (header, lesser) in [
            ("Email,Default Address Phone,Phone", vec!["Default Address Phone"]),
            ("Email,Phone,Mobile,Home Phone", vec!["Phone", "Home Phone"]),
            ("Email,Home Phone", vec![]),
            ("Email,Country Code,Country", vec!["Country Code"]),
            // Nothing says which of these is meant: they are refused.
            ("Email,E-Mail", vec![]),
            ("Email,Mobile,Cell", vec![]),
        ] {
            assert_eq!(left_out(header, &[]), lesser, "{header}");
        }
    }

    #[test]
    fn a_mapped_header_comes_before_all_names() {
        assert_eq!(left_out("Handy,Mobile,Phone", &[("handy", Some("phone"))]), ["Mobile", "Phone"]);
        assert_eq!(left_out("Mobile,Phone", &[("Mobile", None)]), Vec::<&str>::new());
    }

    #[test]
    fn the_id_of_a_form_is_no_customers() {
        assert_eq!(left_out("id,form_id,email", &[]), ["id"]);
        assert_eq!(left_out("id,email", &[]), Vec::<&str>::new());
        assert_eq!(left_out("id,form_id,email", &[("id", Some("external_id.meta"))]), Vec::<&str>::new());
    }
}
