//! The card of a customer: what is known, and what set it.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::imports::ImportId;
use futures::future::{join_all, try_join};
use maud::{Markup, html};
use runtime::http;
use serde_json::{Value as Json, json};

use super::customers::{MAY_COME_BACK, STAYS_OUT};
use super::imports::named;
use super::{count, preview, text};
use crate::answers;
use crate::columns::words;
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

/// Entries of a feed shown at a time.
const FEED: &str = "25";
/// Imports that a card names. Few have set what is known of one customer.
const NAMED_IMPORTS: usize = 8;

/// What imports are called, by their ids.
type ImportNames = BTreeMap<String, String>;

impl Console {
    pub(crate) async fn customer(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let cursor = http::query(visit.asked.request, "cursor");
        let mut pairs = vec![("limit", FEED)];
        pairs.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let (customer, feed) = (format!("/customers/{id}"), format!("/customers/{id}/activity"));
        let pairs = query(&pairs);
        let customer = self.api.get(visit, &customer, "");
        let (customer, feed) = try_join(customer, self.api.get(visit, &feed, &pairs)).await?;
        let names = self.import_names(visit, &customer, &feed).await;
        // The title says no name: it would stay in the history of the browser.
        let page = Page::of(visit).titled(visit.asked.language.texts().customer).in_section("customers");
        let content = html! {
            (card(visit.asked.language, &customer, &feed, &names, cursor.is_some()))
            @if Self::may_import(visit.member) { (erase_form(visit.asked.language, visit.member, text(&customer["id"]))) }
        };
        Ok(page.answer(200, &content))
    }

    /// What the imports are called that a card names, by their ids. One that is gone, or cannot be read now, has no name: the
    /// card says the rest all the same.
    async fn import_names(&self, visit: &Visit<'_>, customer: &Json, feed: &Json) -> ImportNames {
        let set_by = customer["set_by"].as_object().into_iter().flat_map(serde_json::Map::values);
        let entries = feed["activity"].as_array().into_iter().flatten();
        let sources = std::iter::once(&customer["created_by"]).chain(set_by).chain(entries);
        let ids: BTreeSet<&str> = sources.filter_map(|by| by["import"].as_str()).collect();
        // The newest first: ids begin with the time.
        let asked = ids.into_iter().rev().take(NAMED_IMPORTS).map(|id| async move {
            let import = self.api.get(visit, &format!("/imports/{id}"), "").await.ok()?;
            Some((id.to_owned(), named(&import).to_owned()))
        });
        join_all(asked).await.into_iter().flatten().collect()
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

fn card(language: Language, customer: &Json, feed: &Json, names: &ImportNames, is_further: bool) -> Markup {
    let texts = language.texts();
    let attributes = customer["attributes"].as_object();
    let identifiers = customer["identifiers"].as_object();
    let id = text(&customer["id"]);
    html! {
        nav.crumbs { a href=(format!("{ROOT}/customers")) { "← " (texts.customers) } }
        div.head { h1 { (called(customer)) } }
        p.sub {
            (texts.created_at) " " (show::time(language, &customer["created_at"])) " · "
            (source(language, names, &customer["created_by"]))
        }
        div.columns {
            section.card {
                h2 { (texts.identifiers) }
                (values(language, texts.identifiers, identifiers.into_iter().flatten(), customer, names))
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
                (values(language, texts.attributes, attributes.into_iter().flatten(), customer, names))
            }
        }
        section.card {
            h2 { (texts.feed) }
            @let entries = feed["activity"].as_array().map(Vec::as_slice).unwrap_or_default();
            @if entries.is_empty() { p.sub { (texts.no_feed) } } @else {
                div.scroll role="region" aria-label=(texts.feed) tabindex="0" {
                    table.stack {
                        caption.sr { (texts.feed_caption) }
                        thead { tr {
                            th scope="col" { (texts.action) } th scope="col" { (texts.when) }
                            th scope="col" { (texts.touchpoint) } th scope="col" { (texts.set_by) }
                        } }
                        tbody {
                            @for entry in entries {
                                tr {
                                    th scope="row" { (text(&entry["action"])) }
                                    td data-label=(texts.when) { (show::time(language, &entry["at"])) }
                                    td data-label=(texts.touchpoint) {
                                        (text(&entry["touchpoint"]))
                                        @if entry["api_endpoint"] != entry["touchpoint"] { div.sub { (text(&entry["api_endpoint"])) } }
                                    }
                                    td data-label=(texts.set_by) { (source(language, names, entry)) }
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
    customer: &Json,
    names: &ImportNames,
) -> Markup {
    let texts = language.texts();
    let set_by = &customer["set_by"];
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table.stack {
                caption.sr { (caption) }
                thead { tr { th scope="col" { (texts.name) } th scope="col" { (texts.value) } th scope="col" { (texts.set_by) } } }
                tbody {
                    @for (name, value) in values {
                        tr {
                            th scope="row" { (words(language, name)) }
                            td.value { (preview::value(language, value)) }
                            td data-label=(texts.set_by) { (source(language, names, &set_by[name.as_str()])) (since(language, &set_by[name.as_str()])) }
                        }
                    }
                }
            }
        }
    }
}

/// The import and the row that set something.
fn source(language: Language, names: &ImportNames, by: &Json) -> Markup {
    let texts = language.texts();
    match by["import"].as_str() {
        None => html! { "–" },
        Some(import) => html! {
            a href=(format!("{ROOT}/imports/{import}")) {
                @let name = names.get(import).map_or(texts.an_import, String::as_str);
                (fill(texts.import_row, &[("row", &show::number(language, count(&by["row"]))), ("name", name)]))
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
        let names = ImportNames::from([("01M89HQ9305MYR9GX9DG5J5FRD".to_owned(), "May <svg".to_owned())]);
        for language in Language::ALL {
            let shown = card(language, &customer, &feed, &names, false).into_string();
            assert!(!shown.contains("<svg"), "{shown}");
            assert!(
                shown.contains(language.texts().yes) && shown.contains("/console/imports/01M89HQ9305MYR9GX9DG5J5FRD")
            );
        }
        assert!(
            card(Language::English, &customer, &feed, &names, false).into_string().contains("May &lt;svg, row 1,712")
        );
        let unnamed = card(Language::German, &customer, &feed, &ImportNames::new(), false).into_string();
        assert!(unnamed.contains("Import, Zeile 1.712"), "{unnamed}");
        let since = card(Language::German, &customer, &feed, &ImportNames::new(), false).into_string();
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
}
