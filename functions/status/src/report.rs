//! The files of an import that has ended: the report of the rows that something is wrong with, and the results of all.

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::imports::State;
use domain::keys::ObjectKey;
use runtime::http::{self, HttpProblem};
use serde_json::Value as Json;
use stores::imports::Import;

use crate::{Status, failed};

/// How long a download link is valid.
const DOWNLOAD_VALID: Duration = Duration::from_secs(600);

impl Status {
    pub(crate) async fn errors(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        self.leads_to(report_of(&import)?, &format!("{}-errors.csv", import.id)).await
    }

    /// The whole report of an import; none if it has more than so many bytes. It is for the console, which has looked at who asks.
    ///
    /// # Errors
    /// When there is no such import, when it has no report or none any more, or when the bucket cannot be read.
    pub async fn read_report(&self, id: &str, most: u64) -> Result<Option<Vec<u8>>, HttpProblem> {
        let import = self.find_import(id).await?;
        let report = report_of(&import)?;
        let bucket = &self.stores.bucket;
        let head = bucket.head(report).await.map_err(failed)?;
        let head = head.ok_or_else(|| HttpProblem::new(404, "no_report", "The report has expired."))?;
        if head.size > most {
            return Ok(None);
        }
        let whole = bucket.get(report).await.map_err(failed)?;
        Ok(Some(whole.to_vec()))
    }

    /// What became of every row.
    pub(crate) async fn results(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        if let Some(results) = &import.results {
            return self.leads_to(results, &format!("{}-results.csv", import.id)).await;
        }
        let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
        let detail = match import.ended_at {
            _ if !setup.request.results => "The import was launched without `results`, so they were not kept.",
            None => "The results are made when the import ends.",
            Some(_) => "The import ended before a row was sent, so there are no results.",
        };
        Err(HttpProblem::new(404, "no_results", detail))
    }

    /// An answer that leads to a file, by a URL that is valid for minutes.
    pub(crate) async fn leads_to(&self, key: &str, name: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let url = self.stores.bucket.download_url(key, name, DOWNLOAD_VALID).await.map_err(failed)?;
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

/// The key of an import's report.
fn report_of(import: &Import) -> Result<&str, HttpProblem> {
    import.report.as_deref().ok_or_else(|| {
        let detail = match import.state {
            State::Completed => "Nothing is wrong with any row of this import, so there is no report.",
            State::Failed | State::Cancelled => {
                "Nothing is wrong with any row that was looked at, so there is no report."
            }
            _ => "The report is made when the import is completed.",
        };
        HttpProblem::new(404, "no_report", detail)
    })
}
