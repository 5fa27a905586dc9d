//! From a schedule that fails to the shortest part of it that fails as well.

use super::case::Case;
use super::schedule::{Named, Plan};
use super::simulate;

/// Leaves out faults, halves first and then one by one, as long as the case still fails.
pub fn shrink(case: &Case, struck: &Named) -> Named {
    let fails = |named: &Named| simulate(case, Plan::Named(named.clone())).wrong.is_some();
    let mut left = struck.clone();
    if !fails(&left) {
        return left;
    }
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
