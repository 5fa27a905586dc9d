//! Asks the functions of the API, in this process.

use aws_config::SdkConfig;
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use lambda_runtime::LambdaEvent;
use runtime::deployment::Deployment;
use runtime::gate::as_principal;
use runtime::http::HttpProblem;
use runtime::keys::Role;
use serde_json::Value as Json;
use status::Status;
use upload::Upload;

use crate::answers;
use crate::form::query;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// The functions that answer the API.
#[derive(Debug)]
pub(crate) struct Api {
    upload: Upload,
    status: Status,
}

impl Api {
    pub(crate) fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        Self { upload: Upload::new(sdk, deployment), status: Status::new(sdk, deployment) }
    }

    /// The answer to `GET path?query`.
    pub(crate) async fn get(&self, visit: &Visit<'_>, path: &str, query: &str) -> Result<Json, Refusal> {
        read(self.ask(visit, ("GET", path, query), Vec::new()).await?)
    }

    /// Everything that a listing has, page after page. `member` holds the entries of a page.
    pub(crate) async fn list(&self, visit: &Visit<'_>, path: &str, member: &str) -> Result<Vec<Json>, Refusal> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(visit, path, &cursor).await?;
            if let Json::Array(entries) = page[member].take() {
                all.extend(entries);
            }
            match page["cursor"].as_str() {
                Some(next) => cursor = query(&[("cursor", next)]),
                None => return Ok(all),
            }
        }
    }

    /// The answer to `POST path` with a JSON body.
    pub(crate) async fn post(&self, visit: &Visit<'_>, path: &str, body: Vec<u8>) -> Result<Json, Refusal> {
        read(self.ask(visit, ("POST", path, ""), body).await?)
    }

    /// The answer to `DELETE path?query`.
    pub(crate) async fn delete(&self, visit: &Visit<'_>, path: &str, query: &str) -> Result<Json, Refusal> {
        read(self.ask(visit, ("DELETE", path, query), Vec::new()).await?)
    }

    /// Sends the browser where the API sends its clients: to an object, by a URL that is valid for minutes.
    pub(crate) async fn redirect(&self, visit: &Visit<'_>, path: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let response = self.ask(visit, ("GET", path, ""), Vec::new()).await?;
        match response.headers.get("location").and_then(|location| location.to_str().ok()) {
            Some(location) if response.status_code == 302 => Ok(answers::redirect(location)),
            _ => Err(refusal(&response)),
        }
    }

    /// The report of an import; none if it has more than so many bytes.
    pub(crate) async fn report(&self, id: &str, most: u64) -> Result<Option<Vec<u8>>, Refusal> {
        Ok(self.status.read_report(id, most).await?)
    }

    /// A file that the API answers itself.
    pub(crate) async fn file(&self, visit: &Visit<'_>, path: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let mut response = self.ask(visit, ("GET", path, ""), Vec::new()).await?;
        answers::protect(&mut response, None);
        Ok(response)
    }

    /// Asks one of the functions, if the member's role allows it.
    async fn ask(
        &self,
        visit: &Visit<'_>,
        (method, path, query): (&str, &str, &str),
        body: Vec<u8>,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        // A segment of a path comes from a browser: it must not become two.
        if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
            return Err(Refusal::no_such_page());
        }
        if visit.member.caller.role < needed_role(method, &segments) {
            return Err(Refusal::forbidden());
        }
        let mut request = LambdaFunctionUrlRequest::default();
        request.raw_path = Some(path.to_owned());
        request.raw_query_string = Some(query.to_owned());
        request.request_context.http.method = Some(method.to_owned());
        request.request_context.domain_name = visit.asked.request.request_context.domain_name.clone();
        as_principal(&mut request, &visit.member.caller);
        if !body.is_empty() {
            request.body = Some(String::from_utf8(body).map_err(|_| Refusal::no_such_page())?);
        }
        let event = LambdaEvent::new(request, visit.asked.context.clone());
        let to_upload = matches!((method, segments.as_slice()), ("POST", ["imports"] | ["imports", "preview"]));
        // Boxed, because the futures of the functions are large.
        let answered = if to_upload {
            Box::pin(self.upload.handle(event)).await
        } else {
            Box::pin(self.status.handle(event)).await
        };
        answered.map_err(|_| HttpProblem::unavailable().into())
    }
}

/// The role that a request needs: what the status function says, and `import` for everything that launches.
fn needed_role(method: &str, path: &[&str]) -> Role {
    status::needed_role(method, path)
}

fn read(response: LambdaFunctionUrlResponse) -> Result<Json, Refusal> {
    if !(200..300).contains(&response.status_code) {
        return Err(refusal(&response));
    }
    let body = response.body.as_deref().filter(|body| !body.is_empty()).unwrap_or("null");
    serde_json::from_str(body).map_err(|_| HttpProblem::unavailable().into())
}

fn refusal(response: &LambdaFunctionUrlResponse) -> Refusal {
    let body: Json = serde_json::from_str(response.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let status = u16::try_from(response.status_code).unwrap_or(500);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let problems = body["problems"].as_array().cloned().unwrap_or_default();
    // The upload function sends on what it does not answer itself; here that means that nobody does.
    let status = if status == 308 { 404 } else { status };
    Refusal { status, code: text("code"), detail: text("detail"), problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_look_only_changes_nothing_and_gets_no_upload_url() {
        for (method, path, role) in [
            ("GET", vec!["imports"], Role::Read),
            ("GET", vec!["customers", "01K"], Role::Read),
            ("GET", vec!["imports", "01K", "upload"], Role::Import),
            ("POST", vec!["imports"], Role::Import),
            ("POST", vec!["imports", "preview"], Role::Import),
            ("POST", vec!["imports", "01K", "launch"], Role::Import),
            ("POST", vec!["imports", "01K", "cancel"], Role::Import),
            ("POST", vec!["segments"], Role::Import),
            ("GET", vec!["definitions"], Role::Read),
            ("DELETE", vec!["definitions", "Shop"], Role::Import),
            ("DELETE", vec!["customers", "01K"], Role::Import),
        ] {
            assert_eq!(needed_role(method, &path), role, "{method} {path:?}");
        }
    }
}
