//! The routes: which page or action a request means.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use lambda_runtime::{Error, LambdaEvent};
use runtime::http;

use crate::answers::{compress, json, redirect};
use crate::asked::Asked;
use crate::console::Console;
use crate::cookies::{A_YEAR, LANGUAGE_COOKIE, cookie, set_cookie};
use crate::form::Form;
use crate::language::Language;
use crate::member::Member;
use crate::page::Page;
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::session::{self, is_own_page, own_path};
use crate::visit::Visit;
use crate::{assets, pages};

impl Console {
    /// Answers a request to the function URL.
    ///
    /// # Errors
    /// Never: whatever goes wrong is an answer.
    pub async fn handle(
        &self,
        event: LambdaEvent<LambdaFunctionUrlRequest>,
    ) -> Result<LambdaFunctionUrlResponse, Error> {
        let request = &event.payload;
        let asked = Asked { request, context: &event.context, language: Language::of(request) };
        let mut response = Box::pin(self.answer(&asked)).await;
        if let Some(chosen) = http::query(request, "lang").and_then(|tag| Language::from_tag(&tag)) {
            response.cookies.push(set_cookie(request, LANGUAGE_COOKIE, chosen.tag(), A_YEAR));
        }
        compress(request, &mut response);
        Ok(response)
    }

    async fn answer(&self, asked: &Asked<'_>) -> LambdaFunctionUrlResponse {
        let path = http::path(asked.request);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let method = match http::method(asked.request) {
            "HEAD" => "GET",
            method => method,
        };
        let path = match path.as_slice() {
            [] => return redirect(&format!("{ROOT}/imports")),
            ["console", rest @ ..] => rest,
            _ => return self.refused(asked, None, &Refusal::no_such_page()),
        };
        match (method, path) {
            ("GET", []) => return redirect(&format!("{ROOT}/imports")),
            ("GET", ["assets", name]) => {
                return assets::asset(name).unwrap_or_else(|| self.refused(asked, None, &Refusal::no_such_page()));
            }
            ("GET", ["sign-in"]) => return self.sign_in_page(asked, None, 200),
            ("POST", ["sign-in"]) => return self.sign_in(asked).await,
            ("GET", ["open", token]) => return self.open(asked, token).await,
            _ => {}
        }
        let member = match self.member(asked).await {
            Ok(Some(member)) => member,
            Ok(None) => return self.stranger(asked, method),
            Err(problem) => return self.refused(asked, None, &problem.into()),
        };
        let visit = Visit { asked, member: &member };
        let answered = match method {
            "GET" => self.get(&visit, path).await,
            "POST" => self.post(&visit, path).await,
            _ => Err(Refusal::no_such_page()),
        };
        answered.unwrap_or_else(|refusal| self.refused(asked, Some(&member), &refusal))
    }

    /// The pages, for whoever is signed in.
    async fn get(&self, visit: &Visit<'_>, path: &[&str]) -> Result<LambdaFunctionUrlResponse, Refusal> {
        match path {
            ["imports"] => self.imports(visit).await,
            ["imports", "new"] => self.new_import(visit).await,
            ["imports", id] => self.import(visit, id).await,
            ["imports", id, "live"] => self.live(visit, id).await,
            ["imports", id, "upload"] => {
                let query = visit.asked.request.raw_query_string.as_deref().unwrap_or_default();
                Ok(json(200, &self.api.get(visit, &format!("/imports/{id}/upload"), query).await?))
            }
            ["imports", id, "errors"] => self.api.redirect(visit, &format!("/imports/{id}/errors")).await,
            ["imports", id, "correct"] => self.correct(visit, id).await,
            ["imports", id, "correct", "rows"] => self.rows_to_correct(visit, id).await,
            ["imports", id, "results"] => self.api.redirect(visit, &format!("/imports/{id}/results")).await,
            ["template.csv"] => self.api.file(visit, "/imports/template.csv").await,
            ["columns"] => self.columns(visit).await,
            ["customers"] => Ok(Self::customers(visit)),
            ["customers", id] => self.customer(visit, id).await,
            ["segments"] => self.segments(visit).await,
            ["segments", id] => self.segment(visit, id).await,
            ["segments", id, "live"] => self.segment_live(visit, id).await,
            ["segments", id, "export", "file"] => {
                self.api.redirect(visit, &format!("/segments/{id}/export/file")).await
            }
            ["catalogue"] => self.catalogue(visit).await,
            ["definitions"] => self.definitions(visit).await,
            _ => Err(Refusal::no_such_page()),
        }
    }

    /// What changes something. Each needs the token of a page of this session.
    async fn post(&self, visit: &Visit<'_>, path: &[&str]) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let form = Form::read(visit.asked.request)?;
        let token = http::header(visit.asked.request, "x-csrf-token").or_else(|| form.get("csrf"));
        if !is_own_page(visit.asked.request) || !token.is_some_and(|token| visit.member.sent(token)) {
            return Err(Refusal::stale_form());
        }
        match path {
            ["sign-out"] => self.sign_out(visit).await,
            ["imports"] => self.create_import(visit, &form).await,
            ["preview"] => self.preview(visit, &form).await,
            ["imports", id, "upload"] => {
                let parts = form.get("parts").unwrap_or_default();
                let body = format!("{{\"parts\":{parts}}}").into_bytes();
                self.api.post(visit, &format!("/imports/{id}/upload"), body).await?;
                Ok(json(200, &serde_json::json!({})))
            }
            ["imports", id, action @ ("cancel" | "retry")] => {
                self.api.post(visit, &format!("/imports/{id}/{action}"), b"{}".to_vec()).await?;
                Ok(redirect(&format!("{ROOT}/imports/{id}")))
            }
            ["imports", id, "undo"] => self.undo(visit, id, &form).await,
            ["imports", id, "launch"] => self.launch(visit, id).await,
            ["customers"] => self.find_customer(visit, &form).await,
            ["customers", id, "erase"] => self.erase_customer(visit, id, &form).await,
            ["segments", id, job @ ("count" | "export")] => {
                self.api.post(visit, &format!("/segments/{id}/{job}"), Vec::new()).await?;
                Ok(redirect(&format!("{ROOT}/segments/{id}")))
            }
            ["definitions"] => self.save_definition(visit, &form).await,
            ["definitions", "delete"] => self.delete_definition(visit, &form).await,
            ["catalogue", kind] => self.add_entry(visit, kind, &form).await,
            ["catalogue", kind, "delete"] => self.delete_entry(visit, kind, &form).await,
            ["segments", id, "delete"] => {
                self.delete(visit, &format!("/segments/{id}"), &format!("{ROOT}/segments")).await
            }
            _ => Err(Refusal::no_such_page()),
        }
    }

    /// The page that says why a request was not carried out.
    pub(crate) fn refused(
        &self,
        asked: &Asked<'_>,
        member: Option<&Member>,
        refusal: &Refusal,
    ) -> LambdaFunctionUrlResponse {
        if http::header(asked.request, "accept").is_some_and(|accept| accept.starts_with("application/json")) {
            return json(refusal.status, &refusal.json(asked.language));
        }
        Page::new(asked, member).answer(refusal.status, &pages::refusal(asked.language, refusal))
    }

    /// Who is not signed in gets the page to do so.
    fn stranger(&self, asked: &Asked<'_>, method: &str) -> LambdaFunctionUrlResponse {
        // A browser leaves the cookie out where a link of another site leads here, such as one in a mail. The page then
        // opens itself again, and this time it is the console that asks.
        let from_elsewhere = http::header(asked.request, "sec-fetch-site") == Some("cross-site");
        if from_elsewhere && method == "GET" {
            let path = asked.request.raw_path.as_deref().unwrap_or(ROOT);
            return Page::new(asked, None).going_to(&own_path(path)).answer(200, &pages::going_on(asked));
        }
        if http::header(asked.request, "accept").is_some_and(|accept| accept.starts_with("application/json")) {
            return self.refused(asked, None, &Refusal::signed_out());
        }
        let ended = cookie(asked.request, session::COOKIE).is_some();
        let notice = ended.then_some(asked.language.texts().session_ended);
        self.sign_in_page(asked, notice, 401)
    }
}
