//! Why an import failed, in the words that its launcher reads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::FileCode;
use crate::problems::{FileProblem, MAX_PROBLEMS};

/// Why an import failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The code of the first problem.
    pub code: String,
    /// What happened and what to do, in a sentence.
    pub message: String,
    /// The problems found, up to [`MAX_PROBLEMS`], in file order.
    pub problems: Vec<FileProblem>,
    /// How many problems there are in all.
    pub problems_total: u64,
}

impl Failure {
    /// The failure for these problems of a file. The first problem gives it its code and message; `total` also counts
    /// problems that are not listed. It is bounded, because it is stored in the import's item.
    pub fn from_problems(problems: Vec<FileProblem>, total: u64) -> Self {
        let problems: Vec<FileProblem> = problems.into_iter().take(MAX_PROBLEMS).map(FileProblem::shortened).collect();
        let (code, message) = problems
            .first()
            .map_or((FileCode::Stopped.as_str().to_owned(), "The import was stopped.".to_owned()), |first| {
                (first.code.as_str().to_owned(), first.message.clone())
            });
        Self { code, message, problems, problems_total: total }
    }
}
