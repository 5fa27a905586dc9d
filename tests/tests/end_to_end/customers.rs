//! What can be done with stored customers: exporting a segment, erasing a customer.

use domain::row::{Identifier, Slot};
use serde_json::json;
use tests::client::tally;
use tests::model::Tally;

use super::muster;

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_segment_is_imported_again_without_a_change() {
    let (muster, _folder) = muster().await;
    muster.post("/custom-fields", json!({ "name": "tags", "type": "list" })).await.unwrap();
    let file = "email,phone,external_id.shop,first_name,birth_date,subscribed.sms,custom.tags,city\n\
                a@example.com,+12015550123,007,\"Ann \"\"A\"\"\",1990-12-31,yes,red; blue,\"Rome,\nItaly\"\n\
                b@example.com,,=1+1,-Bo,,no,,\n";
    let settings = json!({ "settings": { "segment": { "group": "Surveys", "name": "May" } } });
    let import = muster.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(import["counters"]["created"], 2, "{import}");
    let segments = muster.get("/segments").await.unwrap();
    let id = segments["segments"][0]["id"].as_str().unwrap();
    for (query, count, is_more) in
        [("", 2, false), ("?count_up_to=1", 1, true), ("?count_up_to=2", 2, false), ("?count_up_to=3", 2, false)]
    {
        let about = muster.get(&format!("/segments/{id}{query}")).await.unwrap();
        assert_eq!((&about["count"], &about["count_is_more"]), (&count.into(), &is_more.into()), "{query}");
    }
    let refused = muster.get(&format!("/segments/{id}?count_up_to=0")).await.unwrap_err().to_string();
    assert!(refused.contains("invalid_count_up_to"), "{refused}");
    let before = muster.get(&format!("/segments/{id}/export")).await.unwrap_err().to_string();
    assert!(before.contains("no_export"), "{before}");
    let counted = muster.segment_job(&format!("/segments/{id}/count")).await.unwrap();
    assert_eq!(
        (&counted["kind"], &counted["state"], &counted["members"]),
        (&json!("count"), &json!("completed"), &json!(2))
    );
    let csv = muster.export(id).await.unwrap();
    let header =
        "\u{feff}external_id.shop,email,phone,first_name,birth_date,city,subscribed.sms,custom.tags,segment\r\n";
    assert!(csv.starts_with(header), "{csv}");
    let again = muster.import(csv.as_bytes(), json!({})).await.unwrap();
    assert_eq!(tally(&again), Tally { unchanged: 2, ..Tally::default() }, "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_without_members_is_exported_to_no_file() {
    let (muster, _folder) = muster().await;
    let segment = muster.post("/segments", json!({ "name": "Nobody" })).await.unwrap();
    let path = format!("/segments/{}/export", segment["id"].as_str().unwrap());
    let job = muster.segment_job(&path).await.unwrap();
    assert_eq!((&job["state"], &job["members"], &job["links"]["file"]), (&json!("completed"), &json!(0), &json!(null)));
    let refused = muster.get(&format!("{path}/file")).await.unwrap_err().to_string();
    assert!(refused.contains("no_export") && refused.contains("no members"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customer_leaves_nothing_behind_and_others_keep_theirs() {
    let (muster, _folder) = muster().await;
    let file = b"external_id,email,phone,city,segment\nE1,eve@example.com,+12015550199,Rome,A\nE1,eve@example.com,,Oslo,B\nF1,fay@example.com,,Rome,A\n";
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    muster.import(file, settings.clone()).await.unwrap();
    let eve = muster.get("/customers?email=eve%40example.com").await.unwrap();
    let id = eve["id"].as_str().unwrap();
    let path = format!("/customers/{id}");
    muster.delete(&path).await.unwrap();

    let resources = muster.stack.resources();
    for table in [&resources.customers_table, &resources.identities_table, &resources.segments_table] {
        for item in muster.items(table).await.unwrap() {
            let item = format!("{item:?}");
            for trace in ["eve@example.com", "+12015550199", "external_id#E1"] {
                assert!(!item.contains(trace), "{table} still has {trace}: {item}");
            }
            // The mark that keeps workers from writing her again has her id alone.
            assert!(!item.contains(id) || (item.len() < 200 && item.contains("profile")), "{table} still has {item}");
        }
    }
    muster.delete(&path).await.expect("whoever is being erased can be erased again");
    for gone in [path.as_str(), &format!("{path}/activity"), "/customers?email=eve%40example.com"] {
        let gone = muster.get(gone).await.unwrap_err().to_string();
        assert!(gone.contains("404"), "{gone}");
    }
    let nobody = muster.delete("/customers?email=nobody%40example.com").await.unwrap_err().to_string();
    assert!(nobody.contains("404") && nobody.contains("no_such_customer"), "{nobody}");
    assert_eq!(muster.get("/customers?email=fay%40example.com").await.unwrap()["attributes"]["city"], "Rome");
    let import = muster.import(file, settings).await.unwrap();
    assert_eq!((&import["counters"]["created"], &import["counters"]["updated"]), (&json!(1), &json!(1)), "{import}");
}

/// A worker that died left a claim and a feed of somebody whose profile was never written.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_somebody_without_a_profile_can_be_erased_by_the_identifier() {
    let (muster, _folder) = muster().await;
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    muster.import(b"email,phone\neve@example.com,+12015550199\n", settings.clone()).await.unwrap();
    let eve = muster.get("/customers?email=eve%40example.com").await.unwrap();
    let id = eve["id"].as_str().unwrap();
    muster.delete_profile(id).await.unwrap();

    muster.delete("/customers?phone=%2B12015550199").await.unwrap();
    let items = muster.items(&muster.stack.resources().customers_table).await.unwrap();
    assert!(!items.iter().any(|item| item.contains("activity#")), "{items:?}");
    let import = muster.import(b"email,phone\neve@example.com,+12015550199\n", settings).await.unwrap();
    assert_eq!(import["counters"]["created"], 1, "{import}");
    let eve = muster.get("/customers?phone=%2B12015550199").await.unwrap();
    assert_ne!(eve["id"], id, "nobody takes the place of whoever is being erased");
    let feed = muster.get(&format!("/customers/{}/activity", eve["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(feed["activity"].as_array().unwrap().len(), 1, "{feed}");
}

/// Somebody else may have the number by now, and asks to be forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_erased_by_an_identifier_that_was_replaced() {
    let (muster, _folder) = muster().await;
    muster.import(b"email,phone\neve@example.com,+12015550199\n", json!({})).await.unwrap();
    muster.import(b"email,phone\neve@example.com,+12015550198\n", json!({})).await.unwrap();
    let nobody = muster.delete("/customers?phone=%2B12015550199").await.unwrap_err().to_string();
    assert!(nobody.contains("no_such_customer"), "{nobody}");

    muster.delete("/customers?phone=%2B12015550198").await.unwrap();
    let left = muster.items(&muster.stack.resources().identities_table).await.unwrap();
    assert!(left.is_empty(), "what she was known by is gone too: {left:?}");
}

/// A worker claims an identifier for a customer before it writes that the customer has it.
#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_that_is_only_claimed_for_a_customer_can_be_suppressed_beside_an_import() {
    let (muster, _folder) = muster().await;
    muster.import(b"email\neve@example.com\n", json!({})).await.unwrap();
    let eve = muster.get("/customers?email=eve%40example.com").await.unwrap();
    let phone = Identifier::parse(&Slot::Phone, "+12015550199", None).unwrap();
    let identities = &muster.stack.resources().identities_table;
    muster.claim(identities, &phone, eve["id"].as_str().unwrap()).await.unwrap();
    let nobody = muster.delete("/customers?phone=%2B12015550199").await.unwrap_err().to_string();
    assert!(nobody.contains("no_such_customer"), "{nobody}");

    let open = muster.post("/imports", json!({ "file": { "name": "later.csv" } })).await.unwrap();
    for _ in 0..2 {
        muster.delete("/customers?phone=%2B12015550199&suppress=true").await.unwrap();
    }
    let claimed = |items: Vec<String>| items.into_iter().find(|item| item.contains(&phone.key()));
    let claim = claimed(muster.items(identities).await.unwrap()).expect("it is kept from the open import");
    assert!(!claim.contains(eve["id"].as_str().unwrap()), "{claim}");
    assert_eq!(muster.get("/customers?email=eve%40example.com").await.unwrap()["id"], eve["id"]);

    muster.upload(&open, b"email,phone\neve@example.com,+12015550199\n").await.unwrap();
    let import = muster.wait_for_end(open["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(import["errors_by_code"], json!({ "suppressed": 1 }), "{import}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_suppressed_stays_out_until_that_is_lifted() {
    let (muster, _folder) = muster().await;
    let file = b"external_id,email,phone\nE1,eve@example.com,+12015550199\nF1,fay@example.com,\n";
    muster.import(file, json!({})).await.unwrap();
    muster.delete("/customers?email=eve%40example.com&suppress=true").await.unwrap();
    let trick = muster.delete("/customers?email=eve%40example.com&suppress=perhaps").await.unwrap_err().to_string();
    assert!(trick.contains("invalid_suppress"), "{trick}");
    for item in muster.items(&muster.stack.resources().identities_table).await.unwrap() {
        let item = format!("{item:?}");
        assert!(!item.contains("eve") && !item.contains("5550199") && !item.contains("external_id#E1"), "{item}");
    }

    // Each identifier that she had keeps her out, alone and with others, and a forecast says so.
    let later =
        b"external_id,email,phone\nE1,eve@example.com,+12015550199\n,eve.new@example.com,+1 201 555 0199\nF1,,\nE1,,\n";
    for settings in [json!({ "dry_run": true }), json!({})] {
        let import = muster.import(later, settings).await.unwrap();
        assert_eq!(tally(&import), Tally { unchanged: 1, rejected: 3, ..Tally::default() }, "{import}");
        assert_eq!(import["errors_by_code"], json!({ "suppressed": 3 }), "{import}");
    }
    let gone = muster.get("/customers?email=eve%40example.com").await.unwrap_err().to_string();
    assert!(gone.contains("no_such_customer"), "{gone}");

    let of_email = "/suppressions?email=eve%40example.com";
    assert_eq!(muster.get(of_email).await.unwrap(), json!({ "suppressed": true }));
    muster.delete(of_email).await.unwrap();
    assert_eq!(muster.get(of_email).await.unwrap(), json!({ "suppressed": false }));
    let again = muster.delete(of_email).await.unwrap_err().to_string();
    assert!(again.contains("not_suppressed"), "{again}");
    let import = muster.import(b"email,phone\neve@example.com,\n,+12015550199\n", json!({})).await.unwrap();
    assert_eq!(tally(&import), Tally { created: 1, rejected: 1, ..Tally::default() }, "{import}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_that_nobody_has_can_be_suppressed() {
    let (muster, _folder) = muster().await;
    muster.delete("/customers?email=eve%40example.com&suppress=true").await.unwrap();
    let import = muster.import(b"email\nEVE@example.com\nfay@example.com\n", json!({})).await.unwrap();
    assert_eq!(tally(&import), Tally { created: 1, rejected: 1, ..Tally::default() }, "{import}");
}
