//! Entries of the catalogue are deleted while nothing uses them.

use std::collections::BTreeSet;

use domain::catalogue::EntryKind;
use domain::customer::Segment;
use domain::imports::ImportId;
use serde_json::{Value as Json, json};
use stores::catalogue::{Catalogue, Deletion};
use tests::muster::Muster;

use super::muster;

async fn refused(muster: &Muster, path: &str) -> String {
    muster.delete(path).await.unwrap_err().to_string()
}

async fn names(muster: &Muster, kind: &str) -> Vec<String> {
    let listing = muster.get(&format!("/{}", kind.replace('_', "-"))).await.unwrap();
    let entries = listing[kind].as_array().cloned().unwrap_or_default();
    let names: BTreeSet<String> = entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect();
    names.into_iter().collect()
}

fn into_segment(name: &str) -> Json {
    json!({ "settings": { "segment": { "group": "Surveys", "name": name } } })
}

async fn undo(muster: &Muster, import: &Json) {
    let undo = muster.post(&format!("/imports/{}/undo", import["id"].as_str().unwrap()), json!({})).await.unwrap();
    let undo = muster.wait_for_end(undo["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(undo["state"], "completed", "{undo}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_deleted_once_nobody_is_in_it_and_exists_again_once_somebody_is() {
    let (muster, _folder) = muster().await;
    let file = b"email\na@example.com\nb@example.com\n";
    let import = muster.import(file, into_segment("Mayy")).await.unwrap();
    let path = format!("/segments/{}", Segment::new("Surveys", "Mayy").id());
    let used = refused(&muster, &path).await;
    assert!(used.contains("409") && used.contains("in_use") && used.contains("Customers are in it"), "{used}");
    let group = refused(&muster, "/segment-groups/surveys").await;
    assert!(group.contains("The segment “Mayy” is in it"), "{group}");

    undo(&muster, &import).await;
    muster.delete(&path).await.unwrap();
    assert!(names(&muster, "segments").await.is_empty());
    assert!(muster.get(&path).await.unwrap_err().to_string().contains("no_such_segment"));
    assert!(refused(&muster, &path).await.contains("no_such_entry"));
    muster.delete("/segment-groups/surveys").await.unwrap();
    assert!(names(&muster, "segment_groups").await.is_empty());

    // The workers are the same ones that have seen the segment.
    muster.import(file, into_segment("mayy")).await.unwrap();
    assert_eq!(names(&muster, "segments").await, ["mayy"], "it is named as by who made it anew");
    assert_eq!(names(&muster, "segment_groups").await, ["Surveys"]);
    assert_eq!(muster.get(&path).await.unwrap()["count"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_brings_back_the_segment_that_its_customers_come_back_to() {
    let (muster, _folder) = muster().await;
    let file = b"email\na@example.com\n";
    muster.import(file, into_segment("First")).await.unwrap();
    let moved = muster.import(file, into_segment("Second")).await.unwrap();
    muster.delete(&format!("/segments/{}", Segment::new("Surveys", "First").id())).await.unwrap();
    assert_eq!(names(&muster, "segments").await, ["Second"]);
    undo(&muster, &moved).await;
    assert_eq!(names(&muster, "segments").await, ["First", "Second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_is_not_deleted_and_the_refusal_says_by_what() {
    let (muster, _folder) = muster().await;
    for (path, entry) in [
        ("/touchpoints", json!({ "name": "shop.example" })),
        ("/api-endpoints", json!({ "name": "Web shop", "touchpoint": "shop.example" })),
        ("/source-actions", json!({ "name": "Signed up" })),
        ("/custom-fields", json!({ "name": "shoe_size", "type": "text" })),
        ("/custom-fields", json!({ "name": "hat_size", "type": "text" })),
        ("/segments", json!({ "group": "Surveys", "name": "June" })),
    ] {
        muster.post(path, entry).await.unwrap();
    }
    let definition = json!({
        "name": "Shop", "columns": { "Hat": "custom.hat_size" },
        "settings": {
            "api_endpoint": "web shop", "segment": { "group": "Surveys", "name": "June" },
            "source_action": { "name": "signed up" },
        },
    });
    muster.post("/definitions", definition).await.unwrap();
    let june = format!("/segments/{}", Segment::new("Surveys", "June").id());
    let named = ["/api-endpoints/Web%20shop", "/source-actions/SIGNED%20UP", "/custom-fields/hat_size", &june];
    for path in named {
        let refused = refused(&muster, path).await;
        assert!(refused.contains("in_use") && refused.contains("The definition “Shop” names it"), "{path}: {refused}");
    }
    let linked = refused(&muster, "/touchpoints/shop.example").await;
    assert!(linked.contains("The API endpoint “Web shop” links customers to it"), "{linked}");
    let default = refused(&muster, "/api-endpoints/muster%20touchpoint").await;
    assert!(default.contains("in_use") && default.contains("It always exists"), "{default}");
    let unknown = refused(&muster, "/source-actions/Nothing").await;
    assert!(unknown.contains("404") && unknown.contains("no_such_entry"), "{unknown}");

    muster.delete("/definitions/Shop").await.unwrap();
    for path in named.into_iter().chain(["/touchpoints/shop.example", "/segment-groups/Surveys"]) {
        muster.delete(path).await.unwrap_or_else(|why| panic!("{path}: {why}"));
    }
    assert_eq!(names(&muster, "custom_fields").await, ["shoe_size"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_field_goes_until_an_import_has_a_column_for_it() {
    let (muster, _folder) = muster().await;
    let field = |holds: &str| json!({ "name": "size", "type": holds });
    muster.post("/custom-fields", field("text")).await.unwrap();
    let import = async |dry_run: bool| {
        muster.import(b"email,custom.size\na@example.com,41\n", json!({ "dry_run": dry_run })).await.unwrap()
    };
    import(true).await;
    muster.delete("/custom-fields/size").await.expect("a forecast writes nothing");
    // Another one may have its name.
    muster.post("/custom-fields", field("number")).await.unwrap();
    assert_eq!(muster.get("/custom-fields").await.unwrap()["custom_fields"][0]["type"], "number");
    import(false).await;
    let used = refused(&muster, "/custom-fields/size").await;
    assert!(used.contains("in_use") && used.contains("customers may have values in it"), "{used}");
    let customer = muster.get("/customers?email=a%40example.com").await.unwrap();
    assert_eq!(customer["attributes"]["custom.size"], "41");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_uses_an_entry_while_it_is_being_deleted_keeps_it() {
    let (muster, _folder) = muster().await;
    let catalogue = Catalogue::new(muster.stack.sdk(), muster.stack.resources());
    let segment = Segment::new("Surveys", "May");
    let (segments, actions) = (BTreeSet::from([segment.clone()]), BTreeSet::new());
    let run = |of: u8| (ImportId::from_bytes([of; 16]), 0);
    let id = segment.id();
    let begin = async |mark: &str| match catalogue.begin_deletion(EntryKind::Segment, id.as_str(), mark).await.unwrap()
    {
        Deletion::Begun(doomed) => doomed,
        other => panic!("{other:?}"),
    };
    catalogue.create_all(run(1), &segments, &actions).await.unwrap();
    let doomed = begin("a").await;
    catalogue.create_all(run(2), &segments, &actions).await.unwrap();
    assert!(!catalogue.delete(&doomed).await.unwrap().is_done(), "another import uses it");
    let doomed = begin("b").await;
    catalogue.keep_all(run(3), &BTreeSet::from([id.clone()])).await.unwrap();
    assert!(!catalogue.delete(&doomed).await.unwrap().is_done(), "an undo brings somebody back to it");
    // Somebody else who deletes it at the same time takes over.
    let (first, second) = (begin("c").await, begin("d").await);
    assert!(!catalogue.delete(&first).await.unwrap().is_done());
    assert!(catalogue.delete(&second).await.unwrap().is_done());
    assert!(catalogue.delete(&second).await.unwrap().is_done(), "an answer that is lost has it sent again");
    assert_eq!(catalogue.list(EntryKind::Segment).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_awaits_its_file_keeps_what_its_settings_name_and_the_fields_that_it_knows() {
    let (muster, _folder) = muster().await;
    muster.post("/segments", json!({ "group": "Surveys", "name": "May" })).await.unwrap();
    muster.post("/custom-fields", json!({ "name": "size", "type": "text" })).await.unwrap();
    muster.post("/source-actions", json!({ "name": "Other" })).await.unwrap();
    let segment = json!({ "group": "surveys", "name": "may", "create": false });
    let launch = json!({ "file": { "name": "a.csv" }, "settings": { "segment": segment } });
    let launched = muster.post("/imports", launch).await.unwrap();
    let path = format!("/segments/{}", Segment::new("Surveys", "May").id());
    for path in [path.as_str(), "/custom-fields/size"] {
        let refused = refused(&muster, path).await;
        assert!(refused.contains("in_use") && refused.contains("has not ended"), "{path}: {refused}");
    }
    muster.delete("/source-actions/Other").await.expect("its settings do not name it");
    let id = launched["id"].as_str().unwrap();
    muster.post(&format!("/imports/{id}/cancel"), json!({})).await.unwrap();
    muster.wait_for_end(id).await.unwrap();
    muster.delete(&path).await.unwrap();
    muster.delete("/custom-fields/size").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_whose_names_are_gone_is_not_launched() {
    let (muster, _folder) = muster().await;
    muster.post("/segments", json!({ "group": "Surveys", "name": "May" })).await.unwrap();
    let field = |holds: &str| json!({ "name": "size", "type": holds });
    muster.post("/custom-fields", field("text")).await.unwrap();
    let segment = json!({ "group": "Surveys", "name": "May", "create": false });
    let forecast = async |settings: Json| {
        let forecast = json!({ "dry_run": true, "settings": settings });
        muster.import(b"email,custom.size\na@example.com,large\n", forecast).await.unwrap()
    };
    let of_field = forecast(json!({})).await;
    let of_segment = forecast(json!({ "segment": segment })).await;
    muster.delete("/custom-fields/size").await.unwrap();
    muster.post("/custom-fields", field("number")).await.unwrap();
    muster.delete(&format!("/segments/{}", Segment::new("Surveys", "May").id())).await.unwrap();
    for (forecast, expected) in [(of_field, "unknown_column"), (of_segment, "unknown_segment")] {
        let path = format!("/imports/{}/launch", forecast["id"].as_str().unwrap());
        let refused = muster.post(&path, json!({})).await.unwrap_err().to_string();
        assert!(refused.contains("400") && refused.contains(expected), "{refused}");
    }
}
