//! The file of an undo: a row for each customer and batch of the import that is taken back.
//!
//! ```text
//! external_id.muster,_order,_batch
//! 01KB…              1f3a… 9c0e…   17      the customer; hashes of its identifiers, old and new; the batch
//! ```
//! The rows are in the reverse order of the import's, and those that share an identifier wait for each other like rows
//! of any file. So whoever took an identifier gives it up before it goes back to whom it was taken from.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::customer::{CustomerId, Former};

/// The places of the cells.
const CUSTOMER: usize = 0;
const ORDER: usize = 1;
const BATCH: usize = 2;

/// Writes the file of an undo.
#[derive(Debug, Default, Clone, Copy)]
pub struct UndoFile;

impl UndoFile {
    /// Its first line.
    pub const HEADER: &str = "external_id.muster,_order,_batch\n";

    /// The rows of one batch: whoever took an identifier before whom it was taken from, and else the last one first.
    pub fn rows(batch: u32, former: Vec<Former>) -> String {
        in_order(former).iter().map(|former| row(batch, former)).collect()
    }
}

/// Customers in the order in which they are taken back. The last row of a customer is no measure where identifiers
/// moved: a later row may have changed something else.
fn in_order(mut former: Vec<Former>) -> Vec<Former> {
    former.sort_by_key(|former| std::cmp::Reverse((former.last_row, former.customer)));
    let takers: HashMap<&str, usize> = former
        .iter()
        .enumerate()
        .flat_map(|(index, former)| former.claimed.keys().map(move |key| (key.as_str(), index)))
        .collect();
    let lost_to: Vec<Vec<usize>> = former
        .iter()
        .enumerate()
        .map(|(index, former)| {
            let takers = former.lost_keys().filter_map(|key| takers.get(key.as_str()).copied());
            takers.filter(|taker| *taker != index).collect()
        })
        .collect();
    let mut order = Vec::with_capacity(former.len());
    let mut seen = vec![false; former.len()];
    for index in 0..former.len() {
        // Depth first without recursion: a chain may be as long as a batch.
        let mut open = vec![index];
        while let Some(at) = open.last().copied() {
            let next = lost_to[at].iter().copied().find(|taker| !seen[*taker] && !open.contains(taker));
            match next.filter(|_| !seen[at]) {
                Some(taker) => open.push(taker),
                None => {
                    open.pop();
                    if !std::mem::replace(&mut seen[at], true) {
                        order.push(at);
                    }
                }
            }
        }
    }
    let mut former: Vec<Option<Former>> = former.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| former[index].take()).collect()
}

fn row(batch: u32, former: &Former) -> String {
    let mut keys: Vec<u64> = former.identifier_keys().map(|key| hash(&key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let keys: Vec<String> = keys.into_iter().map(|key| format!("{key:016x}")).collect();
    format!("{},{},{batch}\n", former.customer, keys.join(" "))
}

fn hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// The customer that a row of such a file is about.
pub fn customer_of(cells: &[&str]) -> Option<CustomerId> {
    cells.get(CUSTOMER)?.parse().ok()
}

/// The batch whose former values a row of such a file asks for.
pub fn batch_of(cells: &[&str]) -> Option<u32> {
    cells.get(BATCH)?.parse().ok()
}

/// The hashes of the identifiers that a row of such a file is about.
pub(super) fn order_keys(cells: &[&str]) -> impl Iterator<Item = u64> {
    let keys = cells.get(ORDER).copied().unwrap_or_default();
    keys.split(' ').filter_map(|key| u64::from_str_radix(key, 16).ok())
}
