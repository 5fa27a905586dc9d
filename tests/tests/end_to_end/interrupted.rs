//! Imports that stop half-way and go on.

use std::time::Duration;

use serde_json::{Value as Json, json};
use stack::{Options, Timeouts};
use tests::client::tally;
use tests::model::Tally;
use tests::muster::Muster;

use super::muster;

#[tokio::test(flavor = "multi_thread")]
async fn a_splitter_out_of_time_goes_on_where_it_stopped() {
    // Long rows take long to read and little time to apply.
    let (rows, people) = (800, 750);
    let long = "x".repeat(2_000);
    let file: String = std::iter::once("email,city,_notes,_more\n".to_owned())
        .chain((0..rows).map(|row| format!("p{}@example.com,City {row},\"{long}\n{long}\",{long}\n", row % people)))
        .collect();
    // How long this machine takes says how much time leaves the check unfinished, and still lets it come to a checkpoint.
    let (unhurried, _folder) = muster().await;
    let import = unhurried.import(file.as_bytes(), json!({ "dry_run": true })).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    let unhurried = &unhurried.stack.usage().functions["splitter"];
    let whole = Duration::from_millis(unhurried.milliseconds);
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { splitter: (whole / 3).max(Duration::from_millis(900)), ..Timeouts::default() };
    // On a busy machine a splitter may time out before it has stored a checkpoint. Then its message is only received
    // again.
    let options = Options {
        timeouts,
        visibility: Some(Duration::from_secs(2)),
        max_receives: 1_000,
        sweep_every: Duration::from_secs(1),
        stalled: Duration::from_secs(5),
        ..Options::new(folder.path())
    };
    let muster = Muster::start(options).await.unwrap();
    let import = muster.import(file.as_bytes(), json!({ "dry_run": true })).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    assert_eq!(import["counters"]["rows"], rows);
    let expected = Tally { created: people, updated: rows - people, ..Tally::default() };
    assert_eq!(tally(&import), expected);
    assert_eq!(muster.items(&muster.stack.resources().customers_table).await.unwrap(), Vec::<String>::new());
    let splitter = &muster.stack.usage().functions["splitter"];
    assert!(splitter.invocations > unhurried.invocations, "no splitter ran out of time: {splitter:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_last_rows_are_too_many_rejected_ends_as_failed() {
    let (muster, _folder) = muster().await;
    let file = |good: usize, bad: usize| {
        let good = (0..good).map(|row| format!("p{row}@example.com\n"));
        std::iter::once("email\n".to_owned()).chain(good).chain((0..bad).map(|_| "nobody\n".to_owned())).collect()
    };
    // Fewer than a hundred rows prove nothing, and a share that is just the limit is allowed.
    for (good, bad, state) in [(0, 150, "failed"), (130, 20, "failed"), (135, 15, "completed"), (0, 99, "completed")] {
        let file: String = file(good, bad);
        let import = muster.import(file.as_bytes(), json!({ "max_rejected_ratio": 0.1 })).await.unwrap();
        assert_eq!(import["state"], state, "{good} and {bad}: {import}");
        assert_eq!((&import["counters"]["rejected"], &import["counters"]["unprocessed"]), (&json!(bad), &json!(0)));
        assert_eq!(import["progress"]["done"], good + bad);
        if state == "failed" {
            assert_eq!(import["failure"]["code"], "too_many_rejected", "{import}");
            assert!(import["links"]["retry"].is_null() && !import["links"]["errors"].is_null(), "{import}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_rejected_rows_stop_an_import_and_a_retry_goes_on_with_the_rest() {
    let (muster, _folder) = muster().await;
    // Most people come again, so their rows travel one batch after another, and the import can be stopped between two.
    let mut file = String::from("email\n");
    for row in 0..2_000 {
        file.push_str(&match row {
            0..600 => format!("p{row}@example.com\n"),
            _ if row % 4 == 0 => "nobody\n".to_owned(),
            _ => format!("p{}@example.com\n", row % 600),
        });
    }
    let settings = json!({ "max_rejected_ratio": 0.05, "settings": { "source_action": { "name": "Imported" } } });
    let import = muster.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(import["failure"]["code"], "too_many_rejected", "{import}");
    let count = |import: &Json, name: &str| import["counters"][name].as_u64().unwrap();
    let outcomes = ["created", "updated", "unchanged", "rejected", "unprocessed"];
    assert_eq!(outcomes.iter().map(|name| count(&import, name)).sum::<u64>(), 2_000, "{import}");
    assert!(count(&import, "unprocessed") > 0 && count(&import, "rejected") > 0, "{import}");
    let done = import["progress"]["done"].as_u64().unwrap();
    assert_eq!(done + count(&import, "unprocessed"), 2_000, "{import}");
    let id = import["id"].as_str().unwrap();
    muster.wait_until(id, |import| !import["links"]["errors"].is_null()).await.unwrap();
    let report = muster.report(id).await.unwrap();
    assert!(report.contains("invalid_email"), "{report}");

    muster.post(&format!("/imports/{id}/retry"), json!({})).await.unwrap();
    let import = muster.wait_for_end(id).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    assert_eq!((count(&import, "created"), count(&import, "rejected"), count(&import, "unprocessed")), (600, 350, 0));
    let lines = muster.report(id).await.unwrap().lines().count() as u64;
    assert_eq!(lines, 1 + count(&import, "rejected"), "a header and each rejected row once");
    let summary = muster.get(&format!("/imports/{id}/errors/summary")).await.unwrap();
    assert_eq!((&summary["codes"][0]["code"], &summary["codes"][0]["rows"]), (&json!("invalid_email"), &json!(350)));
    assert_eq!(summary["codes"][0]["example"]["row"], 601);
    let feed = muster.get("/customers?email=p1@example.com").await.unwrap();
    let feed = muster.get(&format!("/customers/{}/activity", feed["id"].as_str().unwrap())).await.unwrap();
    let times = 1 + (600..2_000).filter(|row| row % 4 != 0 && row % 600 == 1).count();
    assert_eq!(feed["activity"].as_array().unwrap().len(), times, "one activity item for each row");
    let again = muster.post(&format!("/imports/{id}/retry"), json!({})).await.unwrap_err().to_string();
    assert!(again.contains("nothing_to_retry"), "{again}");
}
