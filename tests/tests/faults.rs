//! Imports while everything goes wrong that queues, stores and functions may do; the result is the model's all the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use local::stack::Faults;
use serde_json::json;
use tests::files::tangled;
use tests::model::Model;
use tests::muster::{Muster, counted, same, under};

/// Imports a tangled file under faults and compares everything with the model.
async fn survives(seed: u64, faults: Faults) {
    let folder = tempfile::tempdir().unwrap();
    let faults = Arc::new(faults);
    let options = under(Arc::clone(&faults), folder.path());
    let muster = Muster::start(options).await.unwrap();
    let file = tangled(seed, 700);
    let mut model = Model::default();
    let expected = model.import(&file, true).unwrap();
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    let task = muster.import(&file, settings).await.unwrap();
    assert_eq!(task["state"], "completed", "seed {seed}: {task}");
    assert_eq!(task["counters"]["unprocessed"], 0, "seed {seed}: {task}");
    assert_eq!(counted(&task), expected, "seed {seed}: {:?}", faults.injected());
    same(&muster.customers().await.unwrap(), &model).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    assert_ne!(faults.injected(), local::stack::faults::Injected::default(), "no fault struck");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_delivered_twice_and_in_another_order_count_once() {
    for seed in 10..13 {
        survives(seed, Faults::seeded(seed).duplicate_percent(60.0).reorder()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_killed_between_any_two_calls_leave_nothing_half_done() {
    for seed in 20..24 {
        let faults = Faults::seeded(seed).only("row-processor").only("splitter").only("finisher");
        survives(seed, faults.kill_percent(4.0).duplicate_percent(20.0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_and_lost_answers_change_nothing() {
    for seed in 30..33 {
        let faults = Faults::seeded(seed).only("row-processor").only("splitter").only("finisher");
        survives(seed, faults.throttle_percent(5.0).server_error_percent(5.0)).await;
    }
}
