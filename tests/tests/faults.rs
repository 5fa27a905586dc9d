//! Imports while queues, stores and functions do everything wrong that AWS allows. The result must be the model's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::json;
use stack::Faults;
use stack::faults::FaultCounts;
use tests::client::tally;
use tests::files::tangled;
use tests::model::Model;
use tests::muster::{Muster, options_under};
use tests::stored::compare_customers;

/// Imports a tangled file under faults, and compares counters and customers with the model.
async fn ends_as_the_model_says(seed: u64, faults: Faults) {
    let folder = tempfile::tempdir().unwrap();
    let faults = Arc::new(faults);
    let muster = Muster::start(options_under(Arc::clone(&faults), folder.path())).await.unwrap();
    let file = tangled(seed, 700);
    let mut model = Model::default();
    let expected = model.import(&file).unwrap();
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    let import = muster.import(&file, settings).await.unwrap();
    assert_eq!(import["state"], "completed", "seed {seed}: {import}");
    assert_eq!(import["counters"]["unprocessed"], 0, "seed {seed}: {import}");
    assert_eq!(tally(&import), expected, "seed {seed}: {:?}", faults.injected());
    compare_customers(&muster.customers().await.unwrap(), &model).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    assert_ne!(faults.injected(), FaultCounts::default(), "no fault struck");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_delivered_twice_and_in_another_order_count_once() {
    for seed in 10..13 {
        ends_as_the_model_says(seed, Faults::seeded(seed).duplicate_percent(60.0).reorder()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_killed_between_any_two_calls_leave_nothing_half_done() {
    for seed in 20..24 {
        let faults = Faults::seeded(seed).only("row-processor").only("splitter").only("finisher");
        ends_as_the_model_says(seed, faults.kill_percent(4.0).duplicate_percent(20.0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_and_lost_answers_change_nothing() {
    for seed in 30..33 {
        let faults = Faults::seeded(seed).only("row-processor").only("splitter").only("finisher");
        ends_as_the_model_says(seed, faults.throttle_percent(5.0).server_error_percent(5.0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_counted_and_exported_with_each_member_once_whatever_happens_to_the_steps() {
    for seed in 40..43 {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::seeded(seed).only("finisher").kill_percent(4.0).throttle_percent(4.0);
        let faults = Arc::new(faults.server_error_percent(4.0).duplicate_percent(30.0));
        let muster = Muster::start(options_under(Arc::clone(&faults), folder.path())).await.unwrap();
        let file = (0..2_000).fold(String::from("email\n"), |file, row| format!("{file}p{row}@example.com\n"));
        let settings = json!({ "settings": { "segment": { "group": "Large", "name": "All" } } });
        muster.import(file.as_bytes(), settings).await.unwrap();
        let segments = muster.get("/segments").await.unwrap();
        let id = segments["segments"][0]["id"].as_str().unwrap();
        let counted = muster.segment_job(&format!("/segments/{id}/count")).await.unwrap();
        assert_eq!((&counted["state"], &counted["members"]), (&json!("completed"), &json!(2_000)), "seed {seed}");
        let csv = muster.export(id).await.unwrap();
        let (header, lines) = csv.split_once("\r\n").unwrap();
        assert_eq!(header, "\u{feff}email,segment", "seed {seed}");
        let mut lines: Vec<&str> = lines.lines().collect();
        lines.sort_unstable();
        let mut expected: Vec<String> = (0..2_000).map(|row| format!("p{row}@example.com,Large/All")).collect();
        expected.sort_unstable();
        assert_eq!(lines, expected, "seed {seed}");
        assert_ne!(faults.injected(), FaultCounts::default(), "no fault struck");
    }
}
