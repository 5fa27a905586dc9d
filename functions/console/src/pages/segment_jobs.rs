//! The part of a segment's page that says how far counting and exporting it is.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{count, text};
use crate::language::Language;
use crate::member::Member;
use crate::page::csrf;
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;
use crate::visit::Visit;

/// The last jobs on the members of a segment, as the API gives them.
pub(super) struct Jobs {
    pub(super) count: Option<Json>,
    pub(super) export: Option<Json>,
}

/// What is shown of them.
pub(super) struct ShownJobs {
    /// Whether one is under way.
    pub(super) is_open: bool,
    /// The part of the page.
    pub(super) live: Markup,
}

impl Jobs {
    /// What is shown of them on the page of a segment. Only the members of a large one are not counted anyway.
    pub(super) fn shown(&self, visit: &Visit<'_>, id: &str, name: &str, is_large: bool) -> ShownJobs {
        let (language, member) = (visit.asked.language, visit.member);
        let texts = language.texts();
        let counting = (&self.count, "count", texts.count_all);
        let exporting = (&self.export, "export", texts.export);
        let jobs = if is_large { vec![exporting, counting] } else { vec![exporting] };
        let source = format!("{ROOT}/segments/{id}/live?large={is_large}");
        let is_open = jobs.iter().any(|(job, _, _)| job.as_ref().is_some_and(is_running));
        let said = jobs.iter().filter_map(|(job, _, _)| job.as_ref()).map(|job| sentence(language, job));
        let said = said.collect::<Vec<String>>().join(". ");
        let live = html! {
            div.live #live data-title=(name) data-open=(is_open) data-said=(said) data-src=(source) {
                section.card #jobs {
                    @for (job, kind, begins) in jobs { (one(language, member, id, job.as_ref(), (kind, begins))) }
                }
            }
        };
        ShownJobs { is_open, live }
    }
}

fn one(language: Language, member: &Member, id: &str, job: Option<&Json>, (kind, begins): (&str, &str)) -> Markup {
    let texts = language.texts();
    html! {
        div.head {
            p id=(kind) {
                @if let Some(job) = job {
                    (sentence(language, job))
                    @if job["state"] == "completed" { " · " span.sub { (show::time(language, &job["ended_at"])) } }
                    @if job["state"] == "completed" && !job["links"]["file"].is_null() {
                        " · " a href=(format!("{ROOT}/segments/{id}/export/file")) { (texts.export_download) }
                    }
                } @else if kind == "export" { span.sub { (texts.export_hint) } }
            }
            @if !job.is_some_and(is_running) {
                form method="post" action=(format!("{ROOT}/segments/{id}/{kind}")) {
                    (csrf(member))
                    button type="submit" { (begins) }
                }
            }
        }
    }
}

fn is_running(job: &Json) -> bool {
    job["state"] == "running"
}

fn sentence(language: Language, job: &Json) -> String {
    let texts = language.texts();
    let is_export = job["kind"] == "export";
    let number = |name: &str| show::number(language, count(&job[name]));
    match (text(&job["state"]), is_export) {
        ("running", true) if count(&job["written"]) > 0 => {
            fill(texts.exporting, &[("n", &number("written")), ("all", &number("members"))])
        }
        ("running", _) => fill(texts.counting, &[("n", &number("members"))]),
        ("completed", true) => fill(texts.exported, &[("n", &number("members"))]),
        ("completed", false) => fill(texts.counted, &[("n", &number("members"))]),
        (_, true) => texts.export_failed.to_owned(),
        (_, false) => texts.count_failed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_says_how_far_it_is() {
        for (job, expected) in [
            (json!({ "kind": "count", "state": "running", "members": 12_000 }), "Counting: 12,000 members so far"),
            (
                json!({ "kind": "export", "state": "running", "members": 12_000, "written": 0 }),
                "Counting: 12,000 members so far",
            ),
            (
                json!({ "kind": "export", "state": "running", "members": 12_000, "written": 500 }),
                "Exporting: 500 of 12,000 members so far",
            ),
            (json!({ "kind": "export", "state": "completed", "members": 2, "written": 2 }), "2 members were exported"),
            (
                json!({ "kind": "count", "state": "failed", "members": 0 }),
                "The members could not be counted. Try again.",
            ),
        ] {
            assert_eq!(sentence(Language::English, &job), expected);
        }
    }
}
