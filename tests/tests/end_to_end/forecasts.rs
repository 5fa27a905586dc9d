//! What forecasts say besides their counters.

use serde_json::{Value as Json, json};
use tests::muster::Muster;

use super::muster;

async fn id_of(muster: &Muster, email: &str) -> Json {
    muster.get(&format!("/customers?email={email}")).await.unwrap()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_says_who_would_change_from_what_to_what() {
    let (muster, _folder) = muster().await;
    let file =
        b"email,city,phone,subscribed.email\nann@b.de,Rome,+12015550101,yes\nben@b.de,Rome,,\ncleo@b.de,Rome,,\n";
    let in_may = json!({ "settings": { "segment": { "group": "Surveys", "name": "May" } } });
    muster.import(file, in_may).await.unwrap();
    // Ann changes twice, Ben has his city already, Cleo gets a new phone, and Dan is new.
    let file = b"email,city,phone,subscribed.email\nann@b.de,Oslo,,no\nann@b.de,Bern,,\nben@b.de,Rome,,\ncleo@b.de,,+12015550103,\ndan@b.de,Oslo,,\n";
    let in_june = json!({ "dry_run": true, "settings": { "segment": { "group": "Surveys", "name": "June" } } });
    let forecast = muster.import(file, in_june).await.unwrap();
    let said = &forecast["forecast"];
    assert_eq!(said["at"], forecast["ended_at"]);
    assert_eq!(
        said["changes"],
        json!([
            { "column": "city", "customers": 1 },
            { "column": "phone", "customers": 1 },
            { "column": "subscribed.email", "customers": 1 },
        ])
    );
    assert_eq!(said["identifiers_changed"], 1, "{said}");
    assert_eq!((&said["segment_joins"], &said["segment_leaves"]), (&json!(4), &json!(3)), "{said}");
    let (ann, cleo) = (id_of(&muster, "ann@b.de").await, id_of(&muster, "cleo@b.de").await);
    let sample = |row: u64, customer: &Json, column: &str, before: Json, after: Json| json!({ "row": row, "customer": customer, "column": column, "before": before, "after": after });
    let expected = json!([
        sample(1, &ann, "city", json!("Rome"), json!("Oslo")),
        sample(1, &ann, "subscribed.email", json!(true), json!(false)),
        sample(4, &cleo, "phone", Json::Null, json!("+12015550103")),
        sample(5, &Json::Null, "city", Json::Null, json!("Oslo")),
        sample(5, &Json::Null, "email", Json::Null, json!("dan@b.de")),
    ]);
    assert_eq!(said["samples"], expected);

    let path = format!("/imports/{}", forecast["id"].as_str().unwrap());
    let launched = muster.post(&format!("{path}/launch"), json!({})).await.unwrap();
    let import = muster.wait_for_end(launched["id"].as_str().unwrap()).await.unwrap();
    assert_eq!((&import["counters"], &import["forecast"]), (&import["forecast_counters"], &Json::Null), "{import}");
    let listed = muster.get("/imports").await.unwrap();
    assert_eq!(listed["imports"][1]["forecast"], Json::Null, "the list has no samples: {listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_in_many_batches_and_waves_are_counted_once_for_each_customer() {
    let (muster, _folder) = muster().await;
    let people = 900;
    let file = |city: &str| -> String {
        let rows = (0..people).map(|number| format!("p{number}@b.de,{city}\n"));
        std::iter::once("email,city\n".to_owned()).chain(rows).collect()
    };
    muster.import(file("Rome").as_bytes(), json!({})).await.unwrap();
    let twice = file("Oslo") + &file("Bern").replace("email,city\n", "");
    let forecast = muster.import(twice.as_bytes(), json!({ "dry_run": true })).await.unwrap();
    assert_eq!(forecast["counters"]["updated"], 2 * people, "{}", forecast["counters"]);
    assert_eq!(forecast["forecast"]["changes"], json!([{ "column": "city", "customers": people }]));
    let samples = forecast["forecast"]["samples"].as_array().unwrap();
    let rows: Vec<u64> = samples.iter().map(|sample| sample["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, (1..=100).collect::<Vec<u64>>());
    assert!(samples.iter().all(|sample| sample["before"] == "Rome" && sample["after"] == "Oslo"));
    let unchanged = muster.import(file("Rome").as_bytes(), json!({ "dry_run": true })).await.unwrap();
    assert_eq!((&unchanged["forecast"]["changes"], &unchanged["forecast"]["samples"]), (&json!([]), &json!([])));
}
