//! What became of single rows.

use serde_json::{Value as Json, json};
use stores::bucket::Bucket;
use tests::files::tangled_with;
use tests::muster::Muster;

use super::muster;

async fn row(muster: &Muster, import: &Json, row: u64) -> Json {
    muster.get(&format!("/imports/{}/rows/{row}", import["id"].as_str().unwrap())).await.unwrap()
}

async fn customer(muster: &Muster, email: &str) -> Json {
    muster.get(&format!("/customers?email={email}")).await.unwrap()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_what_became_of_it_and_of_whom() {
    let (muster, _folder) = muster().await;
    muster.import(b"email,city\nann@b.de,Rome\nben@b.de,Rome\n", json!({})).await.unwrap();
    let file =
        b"email,city,phone\nann@b.de,Oslo,12\nben@b.de,\"Ro\nme\",\nnobody,Oslo,\ncleo@b.de,Bern,\ncleo@b.de,Bern,\n";
    let forecast = muster.import(file, json!({ "dry_run": true })).await.unwrap();
    for (number, line, outcome) in [(1, 2, "updated"), (3, 5, "rejected"), (4, 6, "created"), (5, 7, "unchanged")] {
        let row = row(&muster, &forecast, number).await;
        assert_eq!((&row["line"], &row["outcome"]), (&json!(line), &json!(outcome)), "{row}");
        assert_eq!((&row["state"], &row["forecast"]), (&json!("processed"), &json!(true)), "{row}");
        let expected = if number == 1 { customer(&muster, "ann@b.de").await } else { Json::Null };
        assert_eq!(row["customer"], expected, "the forecast's own customers exist nowhere: {row}");
    }

    let import = muster.import(file, json!({})).await.unwrap();
    let warned = row(&muster, &import, 1).await;
    assert_eq!(warned["problems"][0]["code"], "value_dropped", "{warned}");
    assert_eq!(warned["problems"][0]["column"], "phone", "{warned}");
    let rejected = row(&muster, &import, 3).await;
    assert_eq!((&rejected["outcome"], &rejected["customer"]), (&json!("rejected"), &Json::Null));
    assert_eq!(rejected["problems"][0]["code"], "invalid_email", "{rejected}");
    let created = row(&muster, &import, 4).await;
    assert_eq!(created["customer"], customer(&muster, "cleo@b.de").await);
    assert_eq!(row(&muster, &import, 5).await["outcome"], "unchanged");
    for missing in ["0", "6", "x", "-1"] {
        let path = format!("/imports/{}/rows/{missing}", import["id"].as_str().unwrap());
        let refused = muster.get(&path).await.unwrap_err().to_string();
        assert!(refused.contains("404"), "{missing}: {refused}");
    }
    let failed = muster.import(b"email\n\"a@b.de\n", json!({})).await.unwrap();
    let path = format!("/imports/{}/rows/1", failed["id"].as_str().unwrap());
    assert!(muster.get(&path).await.unwrap_err().to_string().contains("404"));
    let waiting = muster.post("/imports", json!({ "file": { "name": "a.csv" } })).await.unwrap();
    assert_eq!(row(&muster, &waiting, 1).await["state"], "waiting");

    let undo = muster.post(&format!("/imports/{}/undo", import["id"].as_str().unwrap()), json!({})).await.unwrap();
    let undo = muster.wait_for_end(undo["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(row(&muster, &undo, 1).await["outcome"], "reverted");

    let bucket = Bucket::new(muster.stack.sdk(), muster.stack.resources());
    bucket.delete(&format!("uploads/{}/customers.csv", import["id"].as_str().unwrap())).await.unwrap();
    let gone = row(&muster, &import, 1).await;
    assert_eq!((&gone["state"], &gone["outcome"]), (&json!("expired"), &Json::Null), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_every_wave_add_up_to_the_counters() {
    let (muster, _folder) = muster().await;
    let import = muster.import(&tangled_with(5, 300, "Oslo", true), json!({})).await.unwrap();
    let rows = import["counters"]["rows"].as_u64().unwrap();
    let mut counted = std::collections::BTreeMap::<String, u64>::new();
    let mut warnings = 0;
    for number in 1..=rows {
        let row = row(&muster, &import, number).await;
        assert_eq!((&row["row"], &row["state"]), (&json!(number), &json!("processed")));
        *counted.entry(row["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        let problems = row["problems"].as_array().unwrap();
        warnings += problems.iter().filter(|problem| problem["severity"] == "warning").count();
    }
    for (outcome, count) in counted {
        assert_eq!(import["counters"][&outcome], count, "{outcome}");
    }
    assert_eq!(import["counters"]["warnings"], warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_cancelled_import_did_not_come_to_say_so() {
    let (muster, _folder) = muster().await;
    // Each row is another City of the same person, so the batches run one after another.
    let file: String = (0..6_000).fold("email,city\n".to_owned(), |file, row| format!("{file}a@b.de,City {row}\n"));
    let id = muster.launch(file.as_bytes(), json!({})).await.unwrap();
    muster.wait_until(&id, |import| import["progress"]["phase"] == "importing").await.unwrap();
    muster.post(&format!("/imports/{id}/cancel"), json!({})).await.unwrap();
    let cancelled = muster.wait_for_end(&id).await.unwrap();
    assert_eq!(cancelled["state"], "cancelled");
    assert_ne!(cancelled["counters"]["unprocessed"], 0, "{cancelled}");
    let last = row(&muster, &cancelled, 6_000).await;
    assert_eq!((&last["state"], &last["outcome"]), (&json!("left_out"), &json!("unprocessed")), "{last}");
    assert_eq!(last["line"], 6_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_have_every_row_in_file_order() {
    let (muster, _folder) = muster().await;
    let results = async |import: &Json| {
        let path = format!("/imports/{}/results", import["id"].as_str().unwrap());
        muster.download(&path).await.unwrap()
    };
    let file = tangled_with(6, 400, "Oslo", true);
    let settings = json!({ "results": true, "on_invalid_value": "reject" });
    let import = muster.import(&file, settings.clone()).await.unwrap();
    assert!(import["links"]["results"].as_str().unwrap().ends_with("/results"), "{import}");
    let csv = results(&import).await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["_row", "_line", "_outcome", "_customer_id"]);
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len() as u64, import["counters"]["rows"].as_u64().unwrap());
    for (number, record) in (1..).zip(&records) {
        assert_eq!(record[0].parse(), Ok(number));
        if number % 37 == 0 {
            let row = row(&muster, &import, number).await;
            assert_eq!((&row["outcome"], &row["line"]), (&json!(record[2]), &json!(record[1].parse::<u64>().unwrap())));
            assert_eq!(row["customer"].as_str().unwrap_or_default(), &record[3], "{row}");
        }
    }

    let forecast = json!({ "results": true, "dry_run": true });
    let forecast = muster.import(b"email\nnew@b.de\np1@example.com\nnew@b.de\n", forecast).await.unwrap();
    let known = customer(&muster, "p1@example.com").await;
    let expected = format!(
        "_row,_line,_outcome,_customer_id\r\n1,2,created,\r\n2,3,unchanged,{}\r\n3,4,unchanged,\r\n",
        known.as_str().unwrap()
    );
    assert_eq!(results(&forecast).await, expected, "a forecast's own customers exist nowhere");
    let without = muster.import(b"email\nnew@b.de\n", json!({})).await.unwrap();
    assert_eq!(without["links"]["results"], Json::Null);
    let path = format!("/imports/{}/results", without["id"].as_str().unwrap());
    assert!(muster.get(&path).await.unwrap_err().to_string().contains("404"));
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_a_cancelled_import_have_the_rows_that_it_left_and_a_retry_completes_them() {
    let (muster, _folder) = muster().await;
    let file: String = (0..6_000).fold("email,city\n".to_owned(), |file, row| format!("{file}a@b.de,City {row}\n"));
    let id = muster.launch(file.as_bytes(), json!({ "results": true })).await.unwrap();
    muster.wait_until(&id, |import| import["progress"]["phase"] == "importing").await.unwrap();
    muster.post(&format!("/imports/{id}/cancel"), json!({})).await.unwrap();
    let cancelled = muster.wait_for_end(&id).await.unwrap();
    let results = async || muster.download(&format!("/imports/{id}/results")).await.unwrap();
    let outcomes = |csv: &str, outcome: &str| csv.lines().filter(|line| line.contains(outcome)).count() as u64;
    let csv = results().await;
    assert_eq!(csv.lines().count(), 6_001);
    assert_eq!(outcomes(&csv, ",,unprocessed,"), cancelled["counters"]["unprocessed"].as_u64().unwrap());
    muster.post(&format!("/imports/{id}/retry"), json!({})).await.unwrap();
    muster.wait_for_end(&id).await.unwrap();
    let csv = results().await;
    assert_eq!((csv.lines().count(), outcomes(&csv, "updated,"), outcomes(&csv, "created,")), (6_001, 5_999, 1));
}
