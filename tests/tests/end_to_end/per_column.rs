//! Columns that are written only where the customer has nothing, or never.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::muster;

#[tokio::test(flavor = "multi_thread")]
async fn a_column_fills_what_is_empty_and_taking_the_import_back_empties_it_again() {
    let (muster, _folder) = muster().await;
    let customer = async |id: &str| muster.get(&format!("/customers?external_id={id}")).await.unwrap();
    muster
        .import(b"external_id,email,city\n1,ann@b.de,Rome\n2,,\n", json!({ "on_empty_column": "ignore" }))
        .await
        .unwrap();
    let file = b"external_id,Mail,Ort,phone\n1,new@b.de,Oslo,+12015550101\n2,bob@b.de,Oslo,+12015550102\n";
    let columns = json!({
        "Mail": { "column": "email", "write": "if_blank" },
        "Ort": { "column": "city", "write": "if_blank" },
        "phone": { "column": "phone", "write": "never" },
    });
    let sample =
        json!({ "file": { "name": "a.csv", "size": file.len() }, "columns": columns, "sample": STANDARD.encode(file) });
    let seen = muster.post("/imports/preview", sample).await.unwrap();
    let writes: Vec<&Json> = seen["columns"].as_array().unwrap().iter().map(|column| &column["write"]).collect();
    assert_eq!(writes, [&json!("always"), &json!("if_blank"), &json!("if_blank"), &json!("never")], "{seen}");

    let import = muster.import(file, json!({ "columns": columns })).await.unwrap();
    let counters = &import["counters"];
    assert_eq!(
        (&counters["unchanged"], &counters["updated"], &counters["warnings"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(import["columns"], columns);
    let ann = customer("1").await;
    assert_eq!(
        (&ann["identifiers"]["email"], &ann["attributes"]["city"]),
        (&json!("ann@b.de"), &json!("Rome")),
        "{ann}"
    );
    let bob = customer("2").await;
    assert_eq!(
        (&bob["identifiers"]["email"], &bob["attributes"]["city"]),
        (&json!("bob@b.de"), &json!("Oslo")),
        "{bob}"
    );
    assert_eq!((&ann["identifiers"]["phone"], &bob["identifiers"]["phone"]), (&Json::Null, &Json::Null));

    let undo = muster.post(&format!("/imports/{}/undo", import["id"].as_str().unwrap()), json!({})).await.unwrap();
    muster.wait_for_end(undo["id"].as_str().unwrap()).await.unwrap();
    let bob = customer("2").await;
    assert_eq!((&bob["identifiers"]["email"], &bob["attributes"]["city"]), (&Json::Null, &Json::Null), "{bob}");
    assert_eq!(customer("1").await["attributes"]["city"], "Rome");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_value_of_a_customer_is_always_written() {
    let (muster, _folder) = muster().await;
    for (columns, path, code) in [
        (json!({ "Gruppe": { "column": "segment", "write": "if_blank" } }), "columns.Gruppe.write", "invalid_write"),
        (json!({ "Mail": { "column": "email", "write": "sometimes" } }), "columns.Mail.write", "unknown_value"),
        (json!({ "Mail": { "write": "never" } }), "columns.Mail", "missing_field"),
        (json!({ "Mail": 7 }), "columns.Mail", "wrong_type"),
    ] {
        let refused = muster.launch(b"email\na@b.de\n", json!({ "columns": columns })).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("\"path\":\"{path}\"")) && refused.contains(code), "{refused}");
    }
}
