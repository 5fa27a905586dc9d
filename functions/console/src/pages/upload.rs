//! Sending a file: what the pages that do so show of it, and going on with an upload that was interrupted.

use std::time::Duration;

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{count, text};
use crate::console::Console;
use crate::language::Language;
use crate::member::Member;
use crate::page::csrf;
use crate::root::ROOT;
use crate::show;
use crate::texts::{Texts, fill};

/// Largest file in bytes that goes by one PUT. A larger one goes in parts, so that a connection that breaks costs one part, and an
/// upload can be paused.
pub(super) const ONE_PUT: u64 = 16 * 1024 * 1024;

impl Console {
    /// The origin of the bucket, to which pages may send files: that of any URL that is signed for it. Signing asks nobody.
    pub(super) async fn upload_origin(&self) -> Option<String> {
        let url = self.bucket.download_url("uploads/origin", "origin", Duration::from_secs(1)).await.ok()?;
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        is_plain.then(|| format!("{scheme}://{authority}"))
    }
}

/// Where a script lists what has to be mended before an import is launched.
pub(super) fn mend(texts: &Texts) -> Markup {
    html! {
        div.notice.wrong role="alert" tabindex="-1" hidden #mend {
            p.strong { (texts.mend) }
            ul {}
        }
    }
}

/// Where a script shows how much of a file is sent, and how fast, with a button to pause it.
pub(super) fn upload_progress(texts: &Texts) -> Markup {
    html! {
        div.card.upload hidden #upload data-uploading=(texts.uploading) data-uploaded=(texts.uploaded) data-pause=(texts.pause)
            data-go-on=(texts.go_on) data-paused=(texts.paused) data-broken=(texts.upload_broken)
            data-seconds=(texts.seconds_left) data-minutes=(texts.minutes_left) {
            div.meter {
                progress max="100" value="0" aria-label=(texts.step_upload) {}
                span.number #uploaded {}
                button type="button" {}
            }
            p.sub { span #speed {} " " a hidden href="" { (texts.upload_page) } }
            p.sr role="status" #upload-said {}
        }
    }
}

/// The form with which whoever has the file goes on with the upload that an import awaits. A script shows it.
pub(super) fn resume_form(language: Language, member: &Member, import: &Json) -> Markup {
    let texts = language.texts();
    let (name, size) = (text(&import["file"]["name"]), import["file"]["size"].as_u64());
    let bytes = show::size(language, size.unwrap_or_default());
    let wrong = fill(texts.resume_wrong_file, &[("name", name), ("size", &bytes)]);
    html! {
        noscript { p.notice.wrong { (texts.no_script) } }
        form.new hidden #resume method="post" data-page=(format!("{ROOT}/imports/{}", text(&import["id"]))) data-size=[size]
            data-wrong-file=(wrong) data-failed=(texts.upload_failed) {
            (csrf(member))
            (mend(texts))
            section.card {
                h2 { (texts.resume) }
                p { (fill(texts.resume_hint, &[("name", name)])) @if count(&import["file"]["size"]) > 0 { " (" (bytes) ")" } }
                div {
                    input.sr #resume-file type="file";
                    label.button.primary for="resume-file" { (texts.choose_file) }
                }
            }
            (upload_progress(texts))
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::keys::Role;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_upload_that_was_interrupted_asks_for_the_same_file_and_no_name_becomes_markup() {
        let hostile = "\"><script>alert(1)</script>.csv";
        let import = json!({ "id": "01K", "file": { "name": hostile, "size": 20_000_000 } });
        for language in Language::ALL {
            let shown = resume_form(language, &Member::of_role(Role::Import), &import).into_string();
            assert!(shown.contains("data-size=\"20000000\"") && shown.contains("/console/imports/01K"), "{shown}");
            assert!(!shown.contains("<script"), "{shown}");
        }
    }
}
