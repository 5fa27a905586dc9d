//! From a schedule that fails to the shortest part of it that fails as well.

use super::case::Case;
use super::schedule::{Named, Plan};
use super::simulate;

/// Leaves out faults, halves first and then one by one, as long as the case still fails in the same way.
pub fn shrink(case: &Case, struck: &Named) -> Named {
    let way = |named: &Named| simulate(case, Plan::Named(named.clone())).wrong.map(|wrong| way(&wrong).to_owned());
    let mut left = struck.clone();
    let Some(first) = way(&left) else { return left };
    let fails = |named: &Named| way(named).as_ref() == Some(&first);
    let mut size = left.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < left.len() {
            let without: Named = left
                .iter()
                .enumerate()
                .filter(|(index, _)| !(start..start + size).contains(index))
                .map(|(_, (place, fault))| (place.clone(), *fault))
                .collect();
            if fails(&without) {
                left = without;
            } else {
                start += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    left
}

/// What is wrong, without what it is wrong about.
fn way(wrong: &str) -> &str {
    wrong.split(|c: char| c.is_ascii_digit() || c == ':').nth(1).unwrap_or(wrong)
}
