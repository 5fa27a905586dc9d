//! Why an import failed, in the words that its launcher reads.

use serde::{Deserialize, Serialize};

use crate::codes::FileCode;
use crate::problems::FileProblem;

/// Why an import failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The code of the first problem.
    pub code: String,
    /// What happened and what to do, in a sentence.
    pub message: String,
    /// The problems found, up to 100, in file order.
    pub problems: Vec<FileProblem>,
    /// How many problems there are in all.
    pub problems_total: u64,
}

impl Failure {
    /// The failure for these problems of a file. The first problem gives it its code and message; `total` also counts
    /// problems that are not listed.
    pub fn from_problems(problems: Vec<FileProblem>, total: u64) -> Self {
        let (code, message) = problems
            .first()
            .map_or((FileCode::Stopped.as_str().to_owned(), "The import was stopped.".to_owned()), |first| {
                (first.code.as_str().to_owned(), first.message.clone())
            });
        Self { code, message, problems, problems_total: total }
    }
}
