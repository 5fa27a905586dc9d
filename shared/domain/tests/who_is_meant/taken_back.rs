//! Imports that are taken back.

use std::collections::{BTreeMap, BTreeSet};

use domain::codes::{Outcome, RowCode};
use domain::customer::{Customer, CustomerId, Former, pack_former, unpack_former};
use domain::decide::{Claim, Fate};
use domain::imports::ImportId;
use domain::plan::UndoFile;
use domain::undo::{UndoRow, UndoTerms, decide_undo};
use proptest::prelude::*;

use super::memory::{Memory, rows, terms};

/// What is stored, but for the versions of customers.
fn everything(memory: &Memory) -> (BTreeMap<String, Claim>, BTreeMap<CustomerId, Customer>) {
    let customers = memory.0.customers.iter();
    let customers = customers.map(|(id, customer)| (*id, Customer { version: 0, ..customer.clone() }));
    (memory.0.claims.clone(), customers.collect())
}

/// Imports a file in batches. Gives what each batch replaced.
fn import(memory: &mut Memory, number: u128, settings: &str, file: &[String], batch: usize) -> Vec<Vec<Former>> {
    let mut terms = terms(number, settings);
    terms.keeps_former = true;
    let file: Vec<&str> = file.iter().map(String::as_str).collect();
    let rows = rows(1, &file);
    let mut kept = Vec::new();
    for batch in rows.chunks(batch) {
        let decision = memory.decide(batch, &terms, &[]);
        memory.write(&decision, usize::MAX);
        assert_eq!(unpack_former(&pack_former(&decision.former)).as_ref(), Ok(&decision.former));
        kept.push(decision.former);
    }
    memory.assert_sound();
    memory.assert_no_claim_is_left();
    kept
}

/// Takes an import back, the last batch first, in undo batches of so many rows. Gives how many values stay.
fn take_back(memory: &mut Memory, undoes: ImportId, kept: &[Vec<Former>], batch: usize) -> usize {
    let mut undo_rows = Vec::new();
    for (number, former) in kept.iter().enumerate().rev() {
        for row in UndoFile::rows(u32::try_from(number).unwrap(), former.clone()).lines() {
            let id: CustomerId = row.split(',').next().unwrap().parse().unwrap();
            let former = former.iter().find(|former| former.customer == id).cloned();
            undo_rows.push(UndoRow { number: undo_rows.len() as u64 + 1, former });
        }
    }
    let terms = UndoTerms { undoes, is_latest: true };
    let mut kept_values = 0;
    for rows in undo_rows.chunks(batch) {
        let decision = decide_undo(rows, &memory.0, &BTreeSet::new(), terms, &[]);
        memory.write_stages(&decision.stages, usize::MAX);
        kept_values += decision.fates.iter().map(|fate| fate.problems.len()).sum::<usize>();
        // A batch that is delivered again changes nothing.
        let before = everything(memory);
        let again = decide_undo(
            rows,
            &memory.0,
            &BTreeSet::new(),
            terms,
            &decision.fates.into_iter().map(Some).collect::<Vec<_>>(),
        );
        memory.write_stages(&again.stages, usize::MAX);
        assert_eq!(everything(memory), before);
    }
    memory.assert_sound();
    kept_values
}

fn file() -> impl Strategy<Value = Vec<String>> {
    let cell = |letter: &'static str, values: &'static [&'static str]| {
        prop::option::of(prop::sample::select(values))
            .prop_map(move |value| value.map(|value| format!("{letter}:{value}")))
    };
    let row = (
        cell("x", &["K1", "K2", "K3", "K4"]),
        cell("s", &["S1", "S2"]),
        cell("e", &["ann", "bob", "cleo", "dan", "%CLEAR%"]),
        cell("p", &["1", "2", "3"]),
    );
    let row = row.prop_map(|(x, s, e, p)| [x, s, e, p].into_iter().flatten().collect::<Vec<_>>().join(" "));
    prop::collection::vec(row, 1..12)
}

fn settings() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["", r#","on_weak_match":"update""#, r#","on_conflict":"reject""#][..])
}

/// The import gave the customer an external id, and took the address away by which it was known.
#[test]
fn an_identifier_that_comes_back_lets_another_one_go() {
    let mut memory = Memory::default();
    import(&mut memory, 1, "", &["e:bob".to_owned()], 4);
    let before = everything(&memory);
    let kept = import(&mut memory, 2, "", &["s:S1 e:bob".to_owned(), "s:S1 e:%CLEAR%".to_owned()], 4);
    assert_eq!(take_back(&mut memory, terms(2, "").import, &kept, 3), 0);
    assert_eq!(everything(&memory), before);
}

/// The phone was suppressed after an attempt had decided that it comes back, and before that was written.
#[test]
fn an_identifier_that_is_suppressed_does_not_come_back_even_if_that_was_decided_before() {
    let mut memory = Memory::default();
    import(&mut memory, 1, "", &["e:ann p:1".to_owned()], 4);
    let kept = import(&mut memory, 2, "", &["e:ann p:2".to_owned()], 4);
    let rows = [UndoRow { number: 1, former: Some(kept[0][0].clone()) }];
    let terms = UndoTerms { undoes: terms(2, "").import, is_latest: true };
    let undo = |memory: &Memory, prior: &[Option<Fate>]| decide_undo(&rows, &memory.0, &BTreeSet::new(), terms, prior);
    let earlier = undo(&memory, &[]).fates.remove(0);
    assert_eq!(earlier.outcome, Outcome::Updated);

    memory.0.suppressed.insert("phone#+12015550101".to_owned());
    let before = everything(&memory);
    for prior in [vec![], vec![Some(earlier)]] {
        let decision = undo(&memory, &prior);
        let codes: Vec<RowCode> = decision.fates[0].problems.iter().map(|problem| problem.code).collect();
        assert_eq!((decision.fates[0].outcome, codes), (Outcome::Unchanged, vec![RowCode::Suppressed]));
        memory.write_stages(&decision.stages, usize::MAX);
        assert_eq!(everything(&memory), before, "ann keeps the phone that she got instead");
    }
}

proptest! {
    #[test]
    fn an_import_that_is_taken_back_leaves_no_trace(
        first in file(), second in file(), settings in settings(), batch in 1usize..6, undo_batch in 1usize..6,
    ) {
        let mut memory = Memory::default();
        import(&mut memory, 1, "", &first, 4);
        let before = everything(&memory);
        let kept = import(&mut memory, 2, settings, &second, batch);
        let kept_values = take_back(&mut memory, terms(2, "").import, &kept, undo_batch);
        prop_assert_eq!(kept_values, 0);
        prop_assert_eq!(everything(&memory), before);
    }

    #[test]
    fn what_later_imports_set_stays_when_an_earlier_one_is_taken_back(
        first in file(), second in file(), third in file(), batch in 1usize..6,
    ) {
        let mut memory = Memory::default();
        import(&mut memory, 1, "", &first, 4);
        let kept = import(&mut memory, 2, "", &second, batch);
        import(&mut memory, 3, "", &third, 4);
        let by_third = |memory: &Memory| -> BTreeSet<(CustomerId, String)> {
            let third = terms(3, "").import;
            let customers = memory.0.customers.values();
            let set = customers.flat_map(|customer| customer.identifiers.iter().map(move |(slot, held)| (customer.id, slot, held)));
            set.filter(|(_, _, held)| held.by.import == third).map(|(id, slot, held)| (id, format!("{slot} {held:?}"))).collect()
        };
        let before = by_third(&memory);
        take_back(&mut memory, terms(2, "").import, &kept, 3);
        prop_assert_eq!(by_third(&memory), before);
        let nameless = memory.0.customers.values().filter(|customer| customer.identifiers.values().all(|held| held.value.is_none()));
        prop_assert_eq!(nameless.count(), 0, "everybody can still be found");
    }
}
