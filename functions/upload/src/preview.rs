//! Answers `POST /imports/preview`: what would be read of a file. Nothing is stored.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::columns::HeaderFingerprint;
use domain::imports::read_options;
use domain::plan::ReadOptions;
use domain::preview::{Preview, PreviewRequest, SentPreview, preview};
use domain::report::Origin;
use runtime::http::{self, HttpProblem};
use stores::imports::Setup;

use crate::sample::{NoText, plain};
use crate::{Upload, failed};

impl Upload {
    /// Looks at the beginning of a file as the check of an import with these settings would.
    pub(crate) async fn preview(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let sent = SentPreview::parse(&http::body(request)?).map_err(HttpProblem::invalid)?;
        let definition = self.definition_of(&sent.request).await?;
        let PreviewRequest { request, sample } = sent.complete(definition.as_ref()).map_err(HttpProblem::invalid)?;
        let looked_up = Box::pin(steps::at_launch(&self.catalogue, &request)).await.map_err(failed)?;
        let catalogue = looked_up.map_err(HttpProblem::invalid)?;
        let is_whole = sample.is_whole;
        let (sample, sha256) = match plain(sample, request.file.sha256.as_deref()).await {
            Ok(plain) => plain,
            Err(NoText { code, message }) => {
                return Ok(http::json(200, &Preview::refused(&request, code, message, is_whole), &[]));
            }
        };
        let setup = Setup { request, catalogue, checked: None };
        let first = sample.bytes.get(..Origin::FIRST_BYTES).unwrap_or(&sample.bytes);
        let is_all = sample.is_whole && first.len() == sample.bytes.len();
        let (report, settings) = match Origin::of(first, is_all) {
            Some(origin) => {
                let (report, settings) =
                    Box::pin(self.imports.setup_of_report(&setup, &origin)).await.map_err(failed)?;
                (Some(report), settings)
            }
            None => (None, None),
        };
        let Setup { request, catalogue, .. } = settings.as_ref().unwrap_or(&setup);
        let options = read_options(request, catalogue, self.clock.now(), sample.bytes.len() as u64);
        let options = ReadOptions { report, sha256, ..options };
        let seen = preview(&sample, options, &setup.request.columns);
        let mut seen = seen.map_err(|problem| HttpProblem::invalid(vec![problem]))?;
        let headers = seen.columns.iter().map(|column| column.header.as_str());
        if let Some(header) = HeaderFingerprint::of(headers) {
            seen.definition_suggested = self.definitions.for_header(header).await.map_err(failed)?;
        }
        Ok(http::json(200, &seen, &[]))
    }
}
