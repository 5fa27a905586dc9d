//! Cancelling an import, and taking it up again.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::imports::State;
use runtime::http::{self, HttpProblem};
use steps::{Cancelled, Retried, cancel, retry};

use crate::{Status, failed};

impl Status {
    pub(crate) async fn cancel(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        match cancel(&self.stores, &import).await.map_err(failed)? {
            Cancelled::Yes(import) => Ok(http::json(200, &self.shown(&import, request).await?, &[])),
            Cancelled::TooLate(state) => {
                let detail = format!("The import is {}; it cannot be cancelled any more.", state.as_str());
                Err(HttpProblem::new(409, "too_late", detail))
            }
        }
    }

    /// Takes an import up again: exactly the rows that were not processed, whether it was stopped or gave them up.
    pub(crate) async fn retry(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        if import.undone_by.is_some() {
            let detail = "The import was taken back. Upload the file again to import it once more.";
            return Err(HttpProblem::new(409, "undone", detail));
        }
        if import.is_stopping() {
            let detail =
                "The import was stopped, and its last batches are being counted. Retry it once `ended_at` is set.";
            return Err(HttpProblem::new(409, "not_ended", detail));
        }
        let detail = match retry(&self.stores, &import).await.map_err(failed)? {
            Retried::Yes(import) => return Ok(http::json(202, &self.shown(&import, request).await?, &[])),
            Retried::Nothing(State::Completed) => {
                "The import is completed, and every row was processed. Correct the rows in its report, and upload that."
            }
            Retried::Nothing(State::Failed | State::Cancelled) if import.numbers.pages() > 0 => {
                "Every row was processed before the import was stopped, so no row is left to process."
            }
            Retried::Nothing(State::Failed | State::Cancelled) => {
                "The file was not found sound before the import ended, so no row is left to process. Correct it and start a new import."
            }
            Retried::Nothing(_) => "The import is under way.",
        };
        Err(HttpProblem::new(409, "nothing_to_retry", detail))
    }
}
