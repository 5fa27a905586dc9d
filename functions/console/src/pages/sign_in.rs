//! Signing in.

use maud::{Markup, html};

use crate::asked::Asked;
use crate::root::ROOT;

/// The form that takes an access key.
pub(crate) fn sign_in(asked: &Asked<'_>, notice: Option<&str>, to: &str) -> Markup {
    let texts = asked.language.texts();
    html! {
        section.sign-in {
            h1 { (texts.sign_in) }
            @if let Some(notice) = notice { p.notice role="alert" #notice { (notice) } }
            form method="post" action=(format!("{ROOT}/sign-in")) {
                input type="hidden" name="to" value=(to);
                label for="key" { (texts.access_key) }
                input #key type="password" name="key" autocomplete="current-password" required autofocus
                    spellcheck="false" aria-describedby="key-hint";
                p.hint #key-hint { (texts.key_hint) }
                button.primary type="submit" { (texts.sign_in) }
            }
        }
    }
}

/// The content of a page that leads on by itself.
pub(crate) fn going_on(asked: &Asked<'_>) -> Markup {
    let texts = asked.language.texts();
    html! {
        section.narrow {
            h1 { (texts.signing_in) }
            p { a.button href=(format!("{ROOT}/imports")) { (texts.go_on) } }
        }
    }
}
