//! Finding a customer.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use runtime::http;

use super::text;
use crate::answers;
use crate::columns::words;
use crate::console::Console;
use crate::form::{Form, query};
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::visit::Visit;
use crate::wording::plain_wording;

/// The identifiers that somebody can be found by.
const IDENTIFIERS: [&str; 3] = ["email", "phone", "external_id"];
/// Values of `erased` in the address of the page that follows an erasure: whether later imports may bring the customer back.
pub(super) const MAY_COME_BACK: &str = "may_come_back";
pub(super) const STAYS_OUT: &str = "stays_out";

/// Whom somebody looks for.
#[derive(Debug, Default)]
struct Wanted<'a> {
    /// The kind of the identifier; none if that is to be tried out.
    by: Option<&'static str>,
    value: &'a str,
    /// The system whose id it is; empty for the main one.
    system: &'a str,
}

impl Wanted<'_> {
    /// The slots that may have it, in the order in which they are asked.
    fn slots(&self) -> Vec<String> {
        let kinds: &[&str] = match &self.by {
            Some(by) => std::slice::from_ref(by),
            None if !self.system.is_empty() => &["external_id"],
            None if self.value.contains('@') => &["email", "external_id"],
            None => &["phone", "external_id"],
        };
        let named = |kind: &&str| match *kind {
            "external_id" if !self.system.is_empty() => format!("external_id.{}", self.system),
            kind => kind.to_owned(),
        };
        kinds.iter().map(named).collect()
    }
}

impl Console {
    /// The page on which customers are found.
    pub(crate) fn customers(visit: &Visit<'_>) -> LambdaFunctionUrlResponse {
        let texts = visit.asked.language.texts();
        let notice = match http::query(visit.asked.request, "erased").as_deref() {
            Some(MAY_COME_BACK) => Some(texts.erased),
            Some(STAYS_OUT) => Some(texts.erased_stays_out),
            _ => None,
        };
        let content = html! {
            @if let Some(notice) = notice { p.notice role="status" #erased { (notice) } }
            (search(visit.asked.language, visit.member, &Wanted::default(), None))
        };
        Page::of(visit).titled(texts.find_customer).in_section("customers").answer(200, &content)
    }

    /// Leads to the customer who has an identifier. It comes in a form: an address would stay in the history of the browser.
    pub(crate) async fn find_customer(
        &self,
        visit: &Visit<'_>,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let of = |name: &str| form.get(name).map(str::trim).unwrap_or_default();
        let by = IDENTIFIERS.into_iter().find(|known| *known == of("by"));
        let wanted = Wanted { by, value: of("q"), system: of("system") };
        let mut nobody = None;
        for slot in wanted.slots() {
            match self.api.get(visit, "/customers", &query(&[(&slot, wanted.value)])).await {
                Ok(found) => return Ok(answers::redirect(&format!("{ROOT}/customers/{}", text(&found["id"])))),
                Err(refusal) if matches!(refusal.status, 400 | 404) => {
                    // 404 is kept: the value is of that kind, and nobody has it.
                    nobody = nobody.filter(|earlier: &Refusal| earlier.status == 404).or(Some(refusal));
                }
                Err(refusal) => return Err(refusal),
            }
        }
        let content = search(visit.asked.language, visit.member, &wanted, nobody.as_ref());
        let page = Page::of(visit).titled(visit.asked.language.texts().find_customer).in_section("customers");
        Ok(page.answer(200, &content))
    }
}

fn search(language: Language, member: &Member, wanted: &Wanted<'_>, nobody: Option<&Refusal>) -> Markup {
    let texts = language.texts();
    html! {
        h1 { (texts.find_customer) }
        form.find method="post" action=(format!("{ROOT}/customers")) {
            (csrf(member))
            div {
                label for="by" { (texts.identifier) }
                select #by name="by" {
                    option value="" selected[wanted.by.is_none()] { (texts.any_identifier) }
                    @for name in IDENTIFIERS { option value=(name) selected[Some(name) == wanted.by] { (words(language, name)) } }
                }
            }
            div.grow {
                label for="q" { (texts.value) }
                input #q type="search" name="q" value=(wanted.value) required autofocus autocomplete="off" spellcheck="false"
                    aria-describedby="find-hint" aria-invalid=[nobody.map(|_| "true")];
            }
            div {
                label for="system" { (texts.system) }
                input #system name="system" value=(wanted.system) autocomplete="off" maxlength="32";
            }
            button.primary type="submit" { (texts.find) }
        }
        p.hint #find-hint { (texts.find_hint) }
        @if let Some(refusal) = nobody {
            div.empty role="status" {
                p.strong { (texts.no_customer) }
                @if refusal.status == 400 {
                    @let detail = plain_wording(language, &refusal.detail);
                    p lang=[detail.lang] { (detail.text) }
                } @else { p { (texts.no_customer_text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::keys::Role;

    use super::*;

    #[test]
    fn an_identifier_is_looked_for_in_every_kind_that_it_may_be() {
        let slots = |by, value, system| Wanted { by, value, system }.slots();
        assert_eq!(slots(None, "ann@example.com", ""), ["email", "external_id"]);
        assert_eq!(slots(None, "K1", ""), ["phone", "external_id"]);
        assert_eq!(slots(None, "K1", "shop"), ["external_id.shop"]);
        assert_eq!(slots(Some("external_id"), "K1", "shop"), ["external_id.shop"]);
        assert_eq!(slots(Some("phone"), "+12015550199", "shop"), ["phone"]);
    }

    #[test]
    fn nobody_found_says_what_to_check() {
        let refusal = Refusal::new(404, "no_such_customer", "");
        let wanted = Wanted { by: Some("phone"), value: "\"><b>", system: "" };
        let shown = search(Language::German, &Member::of_role(Role::Read), &wanted, Some(&refusal)).into_string();
        assert!(shown.contains("Niemand hat diese Kennung") && !shown.contains("<b>"), "{shown}");
    }
}
