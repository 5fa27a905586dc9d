//! Finding a customer, and the card of one.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::imports::ImportId;
use maud::{Markup, html};
use runtime::http;
use serde_json::{Value as Json, json};

use super::{count, preview, text};
use crate::answers;
use crate::console::Console;
use crate::form::{Form, query};
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;
use crate::visit::Visit;

/// The identifiers that somebody can be found by.
const IDENTIFIERS: [&str; 3] = ["email", "phone", "external_id"];
/// Entries of a feed shown at a time.
const FEED: &str = "25";
/// Values of `erased` in the address of the page that follows an erasure: whether later imports may bring the customer back.
const MAY_COME_BACK: &str = "may_come_back";
const STAYS_OUT: &str = "stays_out";

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

    pub(crate) async fn customer(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let customer = self.api.get(visit, &format!("/customers/{id}"), "").await?;
        let cursor = http::query(visit.asked.request, "cursor");
        let mut pairs = vec![("limit", FEED)];
        pairs.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let feed = self.api.get(visit, &format!("/customers/{id}/activity"), &query(&pairs)).await?;
        // The title says no name: it would stay in the history of the browser.
        let page = Page::of(visit).titled(visit.asked.language.texts().customer).in_section("customers");
        let content = html! {
            (card(visit.asked.language, &customer, &feed, cursor.is_some()))
            @if Self::may_import(visit.member) { (erase_form(visit.asked.language, visit.member, text(&customer["id"]))) }
        };
        Ok(page.answer(200, &content))
    }

    /// Erases a customer, if whoever asks has confirmed it.
    pub(crate) async fn erase_customer(
        &self,
        visit: &Visit<'_>,
        id: &str,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        if form.get("confirmed") != Some("yes") {
            return Err(Refusal::new(400, "not_confirmed", visit.asked.language.texts().erase_not_confirmed));
        }
        let (suppress, erased) = match form.get("suppress") {
            Some("yes") => ("suppress=true", STAYS_OUT),
            _ => ("", MAY_COME_BACK),
        };
        self.api.delete(visit, &format!("/customers/{id}"), suppress).await?;
        Ok(answers::redirect(&format!("{ROOT}/customers?{}", query(&[("erased", erased)]))))
    }
}

/// The form that erases a customer, folded so that nobody sends it in passing.
fn erase_form(language: Language, member: &Member, id: &str) -> Markup {
    let texts = language.texts();
    html! {
        details.card #erase {
            summary { h2 { (texts.erase_customer) } }
            p.hint { (texts.erase_hint) }
            form.new method="post" action=(format!("{ROOT}/customers/{id}/erase")) {
                (csrf(member))
                div {
                    label.tick { input type="checkbox" name="suppress" value="yes"; " " (texts.erase_suppress) }
                    label.tick { input type="checkbox" name="confirmed" value="yes" required; " " (texts.erase_confirm) }
                }
                div.actions { button.danger type="submit" { (texts.erase) } }
            }
        }
    }
}

fn search(language: Language, member: &Member, wanted: &Wanted<'_>, nobody: Option<&Refusal>) -> Markup {
    let texts = language.texts();
    let word = |name: &str| match name {
        "email" => texts.email,
        "phone" => texts.phone,
        _ => texts.external_id,
    };
    html! {
        h1 { (texts.find_customer) }
        form.find method="post" action=(format!("{ROOT}/customers")) {
            (csrf(member))
            div {
                label for="by" { (texts.identifier) }
                select #by name="by" {
                    option value="" selected[wanted.by.is_none()] { (texts.any_identifier) }
                    @for name in IDENTIFIERS { option value=(name) selected[Some(name) == wanted.by] { (word(name)) } }
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
                @if refusal.status == 400 { p lang="en" { (refusal.detail) } } @else { p { (texts.no_customer_text) } }
            }
        }
    }
}

fn card(language: Language, customer: &Json, feed: &Json, is_further: bool) -> Markup {
    let texts = language.texts();
    let attributes = customer["attributes"].as_object();
    let identifiers = customer["identifiers"].as_object();
    let id = text(&customer["id"]);
    html! {
        nav.crumbs { a href=(format!("{ROOT}/customers")) { "← " (texts.customers) } }
        div.head { h1 { (called(customer)) } }
        p.sub {
            (texts.created_at) " " (show::time(language, &customer["created_at"])) " · "
            (source(language, &customer["created_by"]))
        }
        div.columns {
            section.card {
                h2 { (texts.identifiers) }
                (values(language, texts.identifiers, identifiers.into_iter().flatten(), &customer["set_by"]))
            }
            section.card {
                h2 { (texts.segments) }
                @let segments = customer["segments"].as_array().map(Vec::as_slice).unwrap_or_default();
                @if segments.is_empty() { p.sub { (texts.none) } } @else {
                    div.scroll role="region" aria-label=(texts.segments) tabindex="0" { table {
                        caption.sr { (texts.segments) }
                        thead { tr { th scope="col" { (texts.segment) } th scope="col" { (texts.since) } } }
                        tbody {
                            @for segment in segments {
                                tr {
                                    th scope="row" {
                                        a href=(format!("{ROOT}/segments/{}", text(&segment["id"]))) { (text(&segment["name"])) }
                                        div.sub { (text(&segment["group"])) }
                                    }
                                    td { (show::time(language, &segment["added_at"])) }
                                }
                            }
                        }
                    } }
                }
                h2 { (texts.touchpoints) }
                @let touchpoints = customer["touchpoints"].as_array().map(Vec::as_slice).unwrap_or_default();
                @if touchpoints.is_empty() { p.sub { (texts.none) } } @else {
                    ul.plain { @for name in touchpoints { li { (text(name)) } } }
                }
            }
        }
        section.card {
            h2 { (texts.attributes) }
            @if attributes.is_none_or(serde_json::Map::is_empty) { p.sub { (texts.no_attributes) } } @else {
                (values(language, texts.attributes, attributes.into_iter().flatten(), &customer["set_by"]))
            }
        }
        section.card {
            h2 { (texts.feed) }
            @let entries = feed["activity"].as_array().map(Vec::as_slice).unwrap_or_default();
            @if entries.is_empty() { p.sub { (texts.no_feed) } } @else {
                div.scroll role="region" aria-label=(texts.feed) tabindex="0" {
                    table {
                        caption.sr { (texts.feed_caption) }
                        thead { tr {
                            th scope="col" { (texts.action) } th scope="col" { (texts.when) }
                            th scope="col" { (texts.touchpoint) } th scope="col" { (texts.set_by) }
                        } }
                        tbody {
                            @for entry in entries {
                                tr {
                                    th scope="row" { (text(&entry["action"])) }
                                    td { (show::time(language, &entry["at"])) }
                                    td {
                                        (text(&entry["touchpoint"]))
                                        @if entry["api_endpoint"] != entry["touchpoint"] { div.sub { (text(&entry["api_endpoint"])) } }
                                    }
                                    td { (source(language, entry)) }
                                }
                            }
                        }
                    }
                }
            }
            nav.pages aria-label=(texts.feed) {
                @if is_further { a.button href=(format!("{ROOT}/customers/{id}")) { (texts.first) } }
                @if let Some(cursor) = feed["cursor"].as_str() {
                    a.button href=(format!("{ROOT}/customers/{id}?{}", query(&[("cursor", cursor)]))) { (texts.more) }
                }
            }
        }
    }
}

/// What a customer is called: their name, or an identifier.
pub(super) fn called(customer: &Json) -> String {
    let attribute = |name: &str| text(&customer["attributes"][name]);
    let full = format!("{} {}", attribute("first_name"), attribute("last_name"));
    let names = [full.trim(), attribute("full_name")];
    if let Some(name) = names.into_iter().find(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let identifiers = customer["identifiers"].as_object();
    identifiers
        .and_then(|all| all.values().next())
        .map_or_else(|| text(&customer["id"]).to_owned(), |first| text(first).to_owned())
}

/// Identifiers or attributes, each with what set it.
fn values<'a>(
    language: Language,
    caption: &str,
    values: impl Iterator<Item = (&'a String, &'a Json)>,
    set_by: &Json,
) -> Markup {
    let texts = language.texts();
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption.sr { (caption) }
                thead { tr { th scope="col" { (texts.name) } th scope="col" { (texts.value) } th scope="col" { (texts.set_by) } } }
                tbody {
                    @for (name, value) in values {
                        tr {
                            th scope="row" { (label(language, name)) }
                            td.value { (preview::value(texts, value)) }
                            td { (source(language, &set_by[name.as_str()])) (since(language, &set_by[name.as_str()])) }
                        }
                    }
                }
            }
        }
    }
}

/// The name of an identifier in words; attributes keep the names of their columns.
fn label(language: Language, name: &str) -> Markup {
    let texts = language.texts();
    match name {
        "email" => html! { (texts.email) },
        "phone" => html! { (texts.phone) },
        "external_id" => html! { (texts.external_id) },
        _ => match name.strip_prefix("external_id.") {
            Some(system) => html! { (fill(texts.external_id_of, &[("system", system)])) },
            None => html! { code { (name) } },
        },
    }
}

/// The import and the row that set something.
fn source(language: Language, by: &Json) -> Markup {
    let texts = language.texts();
    match by["import"].as_str() {
        None => html! { "–" },
        Some(import) => html! {
            a href=(format!("{ROOT}/imports/{import}")) {
                (fill(texts.import_row, &[("row", &show::number(language, count(&by["row"])))]))
            }
        },
    }
}

/// When the import was launched that set something.
fn since(language: Language, by: &Json) -> Markup {
    let import = by["import"].as_str().and_then(|import| import.parse::<ImportId>().ok());
    html! { @if let Some(import) = import { div.sub { (show::time(language, &json!(import.launched()))) } } }
}

#[cfg(test)]
mod tests {
    use runtime::keys::Role;

    use super::*;

    #[test]
    fn a_card_says_what_set_each_value_and_no_value_becomes_markup() {
        let hostile = "<svg onload=alert(1)>";
        let by = json!({ "import": "01M89HQ9305MYR9GX9DG5J5FRD", "row": 1712 });
        let customer = json!({
            "id": "01K", "identifiers": { "email": "ann@example.com", "external_id.shop": hostile },
            "attributes": { "first_name": hostile, "subscribed": true, "custom.tags": ["a", hostile] },
            "segments": [{ "id": "s", "group": hostile, "name": hostile, "added_at": "2026-05-01T12:00:00Z" }],
            "touchpoints": [hostile], "created_at": "2026-05-01T12:00:00Z", "created_by": by,
            "set_by": { "email": by, "first_name": by },
        });
        let feed =
            json!({ "activity": [{ "action": hostile, "at": "2026-05-01T12:00:00Z", "import": "01K", "row": 1 }] });
        for language in Language::ALL {
            let shown = card(language, &customer, &feed, false).into_string();
            assert!(!shown.contains("<svg"), "{shown}");
            assert!(
                shown.contains(language.texts().yes) && shown.contains("/console/imports/01M89HQ9305MYR9GX9DG5J5FRD")
            );
        }
        assert!(card(Language::English, &customer, &feed, false).into_string().contains("Import, row 1,712"));
        let since = card(Language::German, &customer, &feed, false).into_string();
        assert!(since.contains("datetime=\"20"), "{since}");
    }

    #[test]
    fn erasing_is_folded_and_has_to_be_confirmed() {
        let member = Member::of_role(Role::Import);
        for language in Language::ALL {
            let shown = erase_form(language, &member, "01K").into_string();
            assert!(shown.starts_with("<details") && shown.contains("/console/customers/01K/erase"), "{shown}");
            assert!(shown.contains("name=\"confirmed\" value=\"yes\" required"), "{shown}");
            assert!(shown.contains("name=\"csrf\"") && shown.contains(language.texts().erase_suppress), "{shown}");
        }
    }

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
