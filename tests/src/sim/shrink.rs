//! From a list of faults with which a case fails to the shortest part of it with which the case fails in the same way.

use super::case::Case;
use super::schedule::{FaultList, FaultPlan};
use super::simulate;

/// Leaves out faults as long as the case still fails in the same way: first halves of the list, then smaller and smaller
/// pieces.
pub fn shrink(case: &Case, faults: &FaultList) -> FaultList {
    let run = |faults: &FaultList| simulate(case, FaultPlan::Listed(faults.clone()));
    let kind = |faults: &FaultList| run(faults).failure.map(|failure| kind_of(&failure).to_owned());
    let mut left = faults.clone();
    let Some(first) = kind(&left) else { return left };
    let mut size = left.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < left.len() {
            let without: FaultList = left
                .iter()
                .enumerate()
                .filter(|(index, _)| !(start..start + size).contains(index))
                .map(|(_, (place, fault))| (place.clone(), *fault))
                .collect();
            if kind(&without).as_ref() == Some(&first) {
                left = without;
            } else {
                start += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    left
}

/// The part of a failure's text that is the same in another run: what stands between its first two digits or colons.
fn kind_of(failure: &str) -> &str {
    failure.split(|c: char| c.is_ascii_digit() || c == ':').nth(1).unwrap_or(failure)
}
