//! Segments and their members.

use std::collections::BTreeMap;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use futures::future::{try_join, try_join3};
use maud::{Markup, html};
use runtime::http;
use serde_json::Value as Json;

use super::customer::called;
use super::segment_jobs::Jobs;
use super::{count, empty, text};
use crate::answers;
use crate::columns::words;
use crate::console::Console;
use crate::form::query;
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;
use crate::visit::Visit;

/// Members of one listing.
const MEMBERS: &str = "25";
/// Members that are counted, unless somebody wants to know how many there are: each is looked at.
const COUNTED: &str = "500";
/// Seconds after which the page loads itself again where there are no scripts.
const RELOAD: u32 = 5;

impl Console {
    pub(crate) async fn segments(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let segments = self.api.list(visit, "/segments", "segments").await?;
        let content = list(visit.asked.language, &segments, Self::may_import(visit.member));
        let page = Page::of(visit).titled(visit.asked.language.texts().segments).in_section("segments");
        Ok(page.answer(200, &content))
    }

    pub(crate) async fn segment(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let cursor = http::query(visit.asked.request, "cursor");
        let mut pairs = vec![("limit", MEMBERS), ("count", "false")];
        pairs.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let (about, members) = (format!("/segments/{id}"), format!("/segments/{id}/members"));
        let (up_to, pairs) = (query(&[("count_up_to", COUNTED)]), query(&pairs));
        let about = self.api.get(visit, &about, &up_to);
        let members = self.api.get(visit, &members, &pairs);
        let (about, members, jobs) = try_join3(about, members, self.jobs(visit, id)).await?;
        let jobs = jobs.shown(visit, id, text(&about["name"]), about["count_is_more"] == true);
        let page = Page::of(visit).titled(text(&about["name"])).in_section("segments").with_script("live.js");
        let deleter = Some(visit.member).filter(|member| Self::may_import(member));
        let page = page.reloading(jobs.is_open.then_some(RELOAD));
        let content = one((visit.asked.language, deleter), id, &about, &members, cursor.is_some(), &jobs.live);
        Ok(page.answer(200, &content))
    }

    /// The part of the page that changes, for the script that keeps it up to date.
    pub(crate) async fn segment_live(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let about = self.api.get(visit, &format!("/segments/{id}"), &query(&[("count_up_to", "1")])).await?;
        let jobs = self.jobs(visit, id).await?;
        let is_large = http::query(visit.asked.request, "large").as_deref() == Some("true");
        Ok(answers::fragment(jobs.shown(visit, id, text(&about["name"]), is_large).live))
    }

    async fn jobs(&self, visit: &Visit<'_>, id: &str) -> Result<Jobs, Refusal> {
        let last = async |job: &str| match self.api.get(visit, &format!("/segments/{id}/{job}"), "").await {
            Ok(job) => Ok(Some(job)),
            Err(refusal) if refusal.code == format!("no_{job}") => Ok(None),
            Err(refusal) => Err(refusal),
        };
        let (count, export) = try_join(last("count"), last("export")).await?;
        Ok(Jobs { count, export })
    }
}

fn list(language: Language, segments: &[Json], may_import: bool) -> Markup {
    let texts = language.texts();
    let mut groups: BTreeMap<&str, Vec<&Json>> = BTreeMap::new();
    for segment in segments {
        groups.entry(text(&segment["group"])).or_default().push(segment);
    }
    let new = format!("{ROOT}/imports/new");
    html! {
        h1 { (texts.segments) }
        @if groups.is_empty() {
            (empty(texts.no_segments, texts.no_segments_text, may_import.then_some((new.as_str(), texts.new_import))))
        } @else {
            table.list {
                caption.sr { (texts.segments_caption) }
                thead { tr { th scope="col" { (texts.segment) } th scope="col" { (texts.group) } } }
                @for (group, segments) in groups {
                    tbody {
                        @for segment in segments {
                            tr {
                                th scope="row" { a href=(format!("{ROOT}/segments/{}", text(&segment["id"]))) { (text(&segment["name"])) } }
                                td { (group) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `deleter` is who looks at it, if they may delete a segment that is empty.
fn one(
    (language, deleter): (Language, Option<&Member>),
    id: &str,
    about: &Json,
    members: &Json,
    is_further: bool,
    jobs: &Markup,
) -> Markup {
    let texts = language.texts();
    let members_counted = show::number(language, count(&about["count"]));
    let listed = members["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        nav.crumbs { a href=(format!("{ROOT}/segments")) { "← " (texts.segments) } }
        h1 { (text(&about["name"])) }
        p.sub { (text(&about["group"])) " · " (texts.members) ": "
            @if about["count_is_more"] == true {
                span.number { (fill(texts.more_than, &[("n", &members_counted)])) }
            } @else { span.number { (members_counted) } }
        }
        p.sr role="status" #said {}
        p.notice.offline hidden #offline data-text=(texts.offline) {}
        (jobs)
        @if listed.is_empty() && !is_further {
            div.empty {
                p { (texts.no_members) }
                @if let Some(member) = deleter {
                    form method="post" action=(format!("{ROOT}/segments/{id}/delete")) {
                        (csrf(member))
                        button.danger type="submit" { (texts.delete_segment) }
                    }
                }
            }
        } @else {
            div.scroll role="region" aria-label=(texts.members) tabindex="0" {
                table.list.stack {
                    caption.sr { (texts.members_caption) }
                    thead { tr {
                        th scope="col" { (texts.customer) } th scope="col" { (words(language, "email")) }
                        th scope="col" { (words(language, "phone")) } th scope="col" { (words(language, "external_id")) }
                    } }
                    tbody {
                        @for member in listed {
                            tr {
                                th scope="row" { a href=(format!("{ROOT}/customers/{}", text(&member["id"]))) { (called(member)) } }
                                @for name in ["email", "phone", "external_id"] { td data-label=(words(language, name)) { (text(&member["identifiers"][name])) } }
                            }
                        }
                    }
                }
            }
            nav.pages aria-label=(texts.members) {
                @if is_further { a.button href=(format!("{ROOT}/segments/{id}")) { (texts.first) } }
                @if let Some(cursor) = members["cursor"].as_str() {
                    a.button href=(format!("{ROOT}/segments/{id}?{}", query(&[("cursor", cursor)]))) { (texts.more) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hostile_segment_stays_a_text() {
        let hostile = "<style>*{display:none}</style>";
        let segments = [json!({ "id": "s", "group": hostile, "name": hostile })];
        assert!(!list(Language::English, &segments, true).into_string().contains("<style"));
        let about = json!({ "name": hostile, "group": hostile, "count": 1 });
        let members = json!({ "members": [{ "id": "01K", "identifiers": { "email": hostile }, "attributes": {} }] });
        assert!(
            !one((Language::German, None), "s", &about, &members, false, &html! {}).into_string().contains("<style")
        );
    }

    #[test]
    fn a_large_segment_is_not_counted_whole_while_its_page_is_awaited() {
        let large = json!({ "name": "n", "group": "g", "count": 500, "count_is_more": true });
        let shown =
            one((Language::English, None), "s", &large, &json!({ "members": [] }), false, &html! {}).into_string();
        assert!(shown.contains("more than 500"), "{shown}");
    }
}
