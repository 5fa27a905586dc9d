//! The report of an import: the rows that something is wrong with.

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::imports::State;
use domain::keys::ObjectKey;
use runtime::http::{self, HttpProblem};
use serde_json::Value as Json;

use crate::{Status, failed};

/// How long a download link is valid.
pub(crate) const DOWNLOAD_VALID: Duration = Duration::from_secs(600);

impl Status {
    pub(crate) async fn errors(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        let Some(report) = &import.report else {
            let detail = match import.state {
                State::Completed => "Nothing is wrong with any row of this import, so there is no report.",
                State::Failed | State::Cancelled => {
                    "Nothing is wrong with any row that was looked at, so there is no report."
                }
                _ => "The report is made when the import is completed.",
            };
            return Err(HttpProblem::new(404, "no_report", detail));
        };
        let name = format!("{}-errors.csv", import.id);
        let url = self.stores.bucket.download_url(report, &name, DOWNLOAD_VALID).await.map_err(failed)?;
        Ok(http::answer(302, "text/plain", String::new(), &[("location", url)]))
    }

    /// How many rows the report lists under each code, with an example.
    pub(crate) async fn errors_summary(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        if import.report.is_none() {
            return Err(HttpProblem::new(404, "no_report", "There is no report on this import."));
        }
        let summary = self
            .stores
            .bucket
            .get(&ObjectKey::ReportSummary { import: import.id, run: import.run }.to_string())
            .await
            .map_err(failed)?;
        let summary: Json = serde_json::from_slice(&summary).map_err(|_| HttpProblem::unavailable())?;
        Ok(http::json(200, &summary, &[]))
    }
}
