//! Whom a row is about, where its identifiers lead to nobody, to one customer, or to several.
//!
//! `x:K1 s:S1 e:ann p:1` is a row, or a customer, with an external id, an id in the shop, an email and a phone.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod filled;
mod memory;
mod model;
mod taken_back;

use domain::decide::Fate;
use memory::{Memory, rows, terms};
use model::{Model, Settings};
use proptest::prelude::*;

/// A fate as its outcome and the codes of its problems.
fn shown(fate: &Fate) -> String {
    let codes = fate.problems.iter().map(|problem| format!(" {}", problem.code));
    format!("{}{}", fate.outcome, codes.collect::<String>())
}

fn named(customers: &[String]) -> Vec<&str> {
    customers.iter().map(String::as_str).collect()
}

/// Imports files one after another, each with its settings. The fates of the last one, and the customers.
fn import(files: &[(&str, &[&str])]) -> (Vec<Fate>, Vec<String>) {
    let mut memory = Memory::default();
    let mut fates = Vec::new();
    for (number, (settings, file)) in (1..).zip(files) {
        fates = memory.apply(&rows(1, file), &terms(number, settings));
        memory.assert_sound();
        memory.assert_no_claim_is_left();
    }
    (fates, memory.customers())
}

/// One row after another one was imported: what becomes of it under a value of `on_weak_match`, and who is there then.
fn second(first: &str, row: &str, on_weak_match: &str) -> (String, Vec<String>) {
    let settings = format!(r#","on_weak_match":"{on_weak_match}""#);
    let (fates, customers) = import(&[("", &[first]), (&settings, &[row])]);
    (shown(&fates[0]), customers)
}

#[test]
fn a_weaker_identifier_does_not_make_one_person_of_two() {
    for (first, row, separate, update) in [
        // Email and phone.
        ("e:ann p:1", "e:bob p:1", ["e:ann p:1", "e:bob"].as_slice(), ["e:bob p:1"].as_slice()),
        ("x:K1 e:ann p:1", "e:bob p:1", &["e:bob", "x:K1 e:ann p:1"], &["x:K1 e:bob p:1"]),
        // The id is new, and the email is another one.
        ("e:ann p:1", "x:K1 e:bob p:1", &["e:ann p:1", "x:K1 e:bob"], &["x:K1 e:bob p:1"]),
        // Ids in the same numbering are never replaced by way of an email or a phone.
        ("x:K1 e:ann", "x:K2 e:ann", &["x:K1 e:ann", "x:K2"], &["x:K1 e:ann", "x:K2"]),
        ("s:S1 p:1", "s:S2 p:1", &["s:S1 p:1", "s:S2"], &["s:S1 p:1", "s:S2"]),
        ("x:K1 e:ann p:1", "x:K2 e:bob p:1", &["x:K1 e:ann p:1", "x:K2 e:bob"], &["x:K1 e:ann p:1", "x:K2 e:bob"]),
    ] {
        let (fate, customers) = second(first, row, "separate");
        assert_eq!((fate.as_str(), named(&customers)), ("created identifier_taken", separate.to_vec()), "{row}");
        let (fate, customers) = second(first, row, "update");
        let expected = if update.len() == 1 { "updated" } else { "created identifier_taken" };
        assert_eq!((fate.as_str(), named(&customers)), (expected, update.to_vec()), "{row}");
        let (fate, customers) = second(first, row, "reject");
        assert_eq!((fate.as_str(), named(&customers)), ("rejected identifier_conflict", vec![first]), "{row}");
    }
}

#[test]
fn a_row_is_about_the_customer_that_no_stronger_identifier_speaks_against() {
    for (first, row, fate, customer) in [
        // The customer lacks the stronger one: it is added.
        ("p:1", "x:K1 e:ann p:1", "updated", "x:K1 e:ann p:1"),
        ("x:K1 p:1", "e:ann p:1", "updated", "x:K1 e:ann p:1"),
        ("x:K1 e:ann", "s:S1 e:ann", "updated", "x:K1 s:S1 e:ann"),
        // The row lacks it.
        ("x:K1 e:ann p:1", "p:1", "unchanged", "x:K1 e:ann p:1"),
        ("e:ann p:1", "e:%CLEAR% p:1", "updated", "p:1"),
        // The strongest one is the customer's: the weaker ones change.
        ("x:K1 e:ann p:1", "x:K1 e:bob p:2", "updated", "x:K1 e:bob p:2"),
        ("e:ann p:1", "e:ann p:2", "updated", "e:ann p:2"),
        // Ids of two systems are equally strong.
        ("x:K1 s:S1", "x:K2 s:S1", "updated", "x:K2 s:S1"),
        ("x:K1 s:S1", "x:K1 s:S2", "updated", "x:K1 s:S2"),
    ] {
        for on_weak_match in ["separate", "update", "reject"] {
            let expected = (fate.to_owned(), vec![customer.to_owned()]);
            assert_eq!(second(first, row, on_weak_match), expected, "{first}, then {row}, {on_weak_match}");
        }
    }
}

#[test]
fn an_erased_identifier_speaks_against_nobody() {
    let (fates, customers) = import(&[("", &["e:ann p:1", "e:%CLEAR% p:1", "e:bob p:1"])]);
    assert_eq!((shown(&fates[2]), customers), ("updated".to_owned(), vec!["e:bob p:1".to_owned()]));
}

#[test]
fn a_row_about_somebody_else_follows_the_mode_and_on_conflict() {
    for (settings, fate) in [
        (r#","mode":"create_only""#, "created identifier_taken"),
        (r#","mode":"create_only","on_weak_match":"update""#, "rejected customer_exists"),
        (r#","mode":"update_only""#, "rejected customer_not_found"),
        (r#","mode":"update_only","on_weak_match":"update""#, "updated"),
        (r#","mode":"update_only","on_weak_match":"reject""#, "rejected identifier_conflict"),
        (r#","on_conflict":"reject""#, "rejected identifier_conflict"),
        (r#","on_conflict":"reject","on_weak_match":"update""#, "updated"),
    ] {
        let (fates, _) = import(&[("", &["e:ann p:1"]), (settings, &["e:bob p:1"])]);
        assert_eq!(shown(&fates[0]), fate, "{settings}");
    }
}

#[test]
fn a_shared_phone_stays_with_the_first_row_that_gave_it() {
    let household: &[&str] = &["e:ann p:1", "e:bob p:1", "p:1"];
    let (fates, customers) = import(&[("", household)]);
    assert_eq!(fates.iter().map(shown).collect::<Vec<_>>(), ["created", "created identifier_taken", "unchanged"]);
    assert_eq!(fates[2].customer, fates[0].customer);
    assert_eq!(customers, ["e:ann p:1", "e:bob"]);
    // The same file again changes nobody, and says again whose the phone is.
    let (fates, again) = import(&[("", household), ("", household)]);
    assert_eq!(fates.iter().map(shown).collect::<Vec<_>>(), ["unchanged", "unchanged identifier_taken", "unchanged"]);
    assert_eq!(again, customers);
}

#[test]
fn a_message_names_what_differs_and_the_setting_that_helps() {
    let message = |first: &str, row: &str, settings: &str| {
        let (fates, _) = import(&[("", &[first]), (settings, &[row])]);
        fates[0].problems[0].message.clone()
    };
    for (first, row, settings, parts) in [
        ("e:ann p:1", "e:bob p:1", "", ["another email address", "`on_weak_match` `update`"]),
        ("x:K1 e:ann", "x:K2 e:ann", "", ["another external id", "correct the external id"]),
        (
            "e:ann p:1",
            "e:bob p:1",
            r#","on_weak_match":"reject""#,
            ["another email address", "`on_weak_match` `separate`"],
        ),
        (
            "e:ann p:1",
            "e:bob p:1",
            r#","on_conflict":"reject""#,
            ["another email address", "`on_conflict` `skip_identifier`"],
        ),
        (
            "e:ann p:1",
            "e:bob p:1",
            r#","mode":"update_only""#,
            ["No customer has the row's email address", "`on_weak_match` `update`"],
        ),
        (
            "x:K1 p:1",
            "x:K2 p:1",
            r#","mode":"update_only""#,
            ["No customer has the row's external id", "correct the external id"],
        ),
        (
            "e:ann",
            "e:bob",
            r#","mode":"update_only""#,
            ["No customer has any of the row's identifiers", "`mode` `upsert`"],
        ),
    ] {
        let message = message(first, row, settings);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}

#[test]
fn a_row_that_was_given_up_is_about_the_customer_that_a_later_row_created_meanwhile() {
    let (mut memory, terms) = (Memory::default(), terms(1, ""));
    let batch = rows(1, &["x:K1 e:ann p:1", "x:K2 e:bob"]);
    let noted = memory.decide(&batch, &terms, &[None, None]).fates;
    // The first row cannot be written, and Ann comes again in a later batch, without her phone.
    memory.apply(&batch[1..], &terms);
    memory.apply(&rows(3, &["x:K1 e:ann"]), &terms);
    let noted: Vec<Option<Fate>> = noted.into_iter().map(Some).collect();
    let retried = memory.decide(&batch, &terms, &noted);
    memory.write(&retried, usize::MAX);
    assert_eq!(retried.fates.iter().map(shown).collect::<Vec<_>>(), ["updated", "created"]);
    assert_eq!(memory.customers(), ["x:K1 e:ann p:1", "x:K2 e:bob"]);
}

/// A row of few people, so that rows meet.
fn any_row() -> impl Strategy<Value = String> {
    let cell = |letter: &'static str, values: &'static [&'static str]| {
        let given = prop::sample::select(values).prop_map(move |value| format!("{letter}:{value}"));
        prop::option::weighted(0.6, given)
    };
    let cells = (
        cell("x", &["K1", "K2", "K3"]),
        cell("s", &["S1", "S2"]),
        cell("e", &["ann", "bob", "cy", "%CLEAR%"]),
        cell("p", &["1", "2", "%CLEAR%"]),
    );
    cells.prop_map(|(x, s, e, p)| [x, s, e, p].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let modes = ["upsert", "upsert", "create_only", "update_only"];
    let conflicts = ["skip_identifier", "skip_identifier", "reject"];
    let matches = ["separate", "update", "reject"];
    (
        prop::sample::select(modes.to_vec()),
        prop::sample::select(conflicts.to_vec()),
        prop::sample::select(matches.to_vec()),
    )
        .prop_map(|(mode, on_conflict, on_weak_match)| Settings { mode, on_conflict, on_weak_match })
}

fn any_imports() -> impl Strategy<Value = Vec<(Settings, Vec<String>)>> {
    prop::collection::vec((any_settings(), prop::collection::vec(any_row(), 1..8)), 1..4)
}

/// What the fate of a row is without what its parsing found.
fn expected(model: &mut Model, file: &[&str], settings: Settings) -> Vec<String> {
    file.iter().map(|row| model.apply(row, settings)).collect()
}

/// Its first row's identifier went to the customer of a later row of the batch, who was written before it.
#[test]
fn a_customer_who_handed_an_identifier_on_is_created_by_the_next_attempt() {
    let (rows, terms) = (rows(1, &["s:S2", "x:K1 s:S2", "x:K1 s:S1", "e:ann", "s:S2 e:bob p:1"]), terms(1, ""));
    let mut undisturbed = Memory::default();
    let fates = undisturbed.apply(&rows, &terms);
    for written in 0..12 {
        let mut memory = Memory::default();
        let first = memory.decide(&rows, &terms, &vec![None; rows.len()]);
        memory.write(&first, written);
        let noted: Vec<Option<Fate>> = first.fates.into_iter().map(Some).collect();
        let second = memory.decide(&rows, &terms, &noted);
        memory.write(&second, usize::MAX);
        assert_eq!((second.fates, memory.customers()), (fates.clone(), undisturbed.customers()), "{written} writes");
    }
}

proptest! {
    #[test]
    fn imports_are_about_whom_the_model_says_however_they_are_cut_into_batches(
        imports in any_imports(), batch in 1_usize..5
    ) {
        let (mut memory, mut model) = (Memory::default(), Model::default());
        for (number, (settings, file)) in (1..).zip(&imports) {
            let file: Vec<&str> = file.iter().map(String::as_str).collect();
            let terms = terms(number, &settings.json());
            let mut fates = Vec::new();
            for (at, rows_of_batch) in file.chunks(batch).enumerate() {
                fates.extend(memory.apply(&rows((at * batch) as u64 + 1, rows_of_batch), &terms));
            }
            let fates: Vec<String> = fates.iter().map(shown).collect();
            prop_assert_eq!(fates, expected(&mut model, &file, *settings));
            prop_assert_eq!(memory.customers(), model.customers());
            memory.assert_sound();
            memory.assert_no_claim_is_left();
        }
    }

    #[test]
    fn a_worker_that_dies_between_two_writes_changes_nothing_about_whom_its_rows_are(
        imports in any_imports(), written in 0_usize..12
    ) {
        let mut memory = Memory::default();
        for (number, (settings, file)) in (1..).zip(&imports) {
            let file: Vec<&str> = file.iter().map(String::as_str).collect();
            let (rows, terms) = (rows(1, &file), terms(number, &settings.json()));
            let mut undisturbed = memory.clone();
            let fates = undisturbed.apply(&rows, &terms);
            let first = memory.decide(&rows, &terms, &vec![None; rows.len()]);
            memory.write(&first, written);
            let noted: Vec<Option<Fate>> = first.fates.into_iter().map(Some).collect();
            let second = memory.decide(&rows, &terms, &noted);
            memory.write(&second, usize::MAX);
            prop_assert_eq!(second.fates, fates);
            prop_assert_eq!(memory.customers(), undisturbed.customers());
            memory.assert_sound();
        }
    }
}
