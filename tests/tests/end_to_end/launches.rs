//! Forecasts that are launched.

use std::io::Write as _;

use serde_json::{Value as Json, json};
use stores::bucket::Bucket;
use tests::files::tangled_with;
use tests::muster::Muster;

use super::muster;

async fn launch(muster: &Muster, id: &str) -> (u16, Json) {
    let client = tests::client::http_with_key(muster.stack.api_key()).unwrap();
    let answer = client.post(format!("{}/imports/{id}/launch", muster.stack.api_url())).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn id(import: &Json) -> String {
    import["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_is_launched_once_and_comes_to_what_it_said() {
    let (muster, _folder) = muster().await;
    let file = tangled_with(3, 400, "Łódź", true);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&tangled_with(4, 400, "Łódź", true)).unwrap();
    let settings = json!({
        "dry_run": true, "description": "May", "on_invalid_value": "reject",
        "settings": { "segment": { "name": "All" }, "source_action": { "name": "Imported" } },
    });
    for file in [file, packed.finish().unwrap()] {
        let before = muster.customers().await.unwrap().len();
        let forecast = muster.import(&file, settings.clone()).await.unwrap();
        let link = forecast["links"]["launch"].as_str().unwrap();
        assert!(link.ends_with(&format!("/imports/{}/launch", id(&forecast))), "{link}");
        let (status, launched) = launch(&muster, &id(&forecast)).await;
        assert_eq!((status, &launched["based_on"]), (201, &forecast["id"]), "{launched}");
        let import = muster.wait_for_end(&id(&launched)).await.unwrap();
        assert_eq!(import["state"], "completed", "{import}");
        assert_eq!(import["counters"], forecast["counters"]);
        assert_eq!(import["forecast_counters"], forecast["counters"]);
        assert_eq!(import["errors_by_code"], forecast["errors_by_code"]);
        assert_eq!(import["check"], forecast["check"]);
        assert_eq!((&import["dry_run"], &import["description"]), (&json!(false), &json!("May")));
        let without_import = |report: String, of: &Json| report.replace(&id(of), "");
        assert_eq!(
            without_import(muster.report(&id(&import)).await.unwrap(), &import),
            without_import(muster.report(&id(&forecast)).await.unwrap(), &forecast)
        );
        let (status, again) = launch(&muster, &id(&forecast)).await;
        assert_eq!((status, &again["id"]), (200, &import["id"]));
        let forecast = muster.get(&format!("/imports/{}", id(&forecast))).await.unwrap();
        assert_eq!((&forecast["launched_as"], &forecast["links"]["launch"]), (&import["id"], &Json::Null));
        assert!(muster.customers().await.unwrap().len() > before, "the import wrote something");
    }
    let segments = muster.get("/segments").await.unwrap();
    assert!(segments.to_string().contains("\"All\""), "{segments}");
}

#[tokio::test(flavor = "multi_thread")]
async fn launches_at_the_same_time_are_one_import() {
    let (muster, _folder) = muster().await;
    let forecast = muster.import(b"email\na@b.de\n", json!({ "dry_run": true })).await.unwrap();
    let forecast = id(&forecast);
    let all = tokio::join!(
        launch(&muster, &forecast),
        launch(&muster, &forecast),
        launch(&muster, &forecast),
        launch(&muster, &forecast)
    );
    let answers = [all.0, all.1, all.2, all.3];
    let ids: std::collections::BTreeSet<String> = answers.iter().map(|(_, import)| id(import)).collect();
    assert_eq!(ids.len(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "{answers:?}");
    let import = muster.wait_for_end(ids.first().unwrap()).await.unwrap();
    assert_eq!(import["counters"]["created"], 1, "{import}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_launched_is_refused_with_the_reason() {
    let (muster, _folder) = muster().await;
    let file = b"email\na@b.de\n";
    let refused = async |id: &str| {
        let (status, body) = launch(&muster, id).await;
        assert_eq!(status, 409, "{body}");
        body["code"].as_str().unwrap().to_owned()
    };
    let import = muster.import(file, json!({})).await.unwrap();
    assert_eq!(refused(&id(&import)).await, "not_a_forecast");
    let failed = muster.import(b"email,x\na@b.de,1\n", json!({ "dry_run": true })).await.unwrap();
    assert_eq!(refused(&id(&failed)).await, "forecast_not_completed");
    assert_eq!(failed["links"]["launch"], Json::Null);
    let waiting = muster.post("/imports", json!({ "file": { "name": "a.csv" }, "dry_run": true })).await.unwrap();
    assert_eq!(refused(&id(&waiting)).await, "forecast_not_completed");
    let forecasts = [
        muster.import(file, json!({ "dry_run": true })).await.unwrap(),
        muster.import(file, json!({ "dry_run": true })).await.unwrap(),
    ];
    let bucket = Bucket::new(muster.stack.sdk(), muster.stack.resources());
    let key = |import: &Json| format!("uploads/{}/{}", id(import), import["file"]["name"].as_str().unwrap());
    bucket.delete(&key(&forecasts[0])).await.unwrap();
    bucket.put(&key(&forecasts[1]), "text/csv", b"email\nc@d.de\n".to_vec()).await.unwrap();
    for forecast in &forecasts {
        assert_eq!(refused(&id(forecast)).await, "file_expired");
    }
    assert_eq!(launch(&muster, "01KB7Z4Q0VX3H9M2T5R8N6C1DE").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_each_count_their_own_rows() {
    // Two hundred take two and a half minutes on two cores, and end the same.
    const IMPORTS: usize = 30;
    let (muster, _folder) = muster().await;
    // Each has a customer of its own, one whom all have, and a row that names nobody.
    let file = |import: usize| format!("email,first_name\nown{import}@x.org,A\nshared@x.org,B{import}\n,C\n");
    let one = async |import: usize| {
        let settings = json!({ "settings": { "segment": { "name": "All of them" } } });
        let launched = muster.launch(file(import).as_bytes(), settings).await.unwrap();
        muster.wait_for_end(&launched).await.unwrap()
    };
    let imports = futures::future::join_all((0..IMPORTS).map(one)).await;
    let mut created = 0;
    for import in &imports {
        let counters = &import["counters"];
        assert_eq!(import["state"], "completed", "{import}");
        let count = |name: &str| counters[name].as_u64().unwrap();
        created += count("created");
        let applied = count("created") + count("updated") + count("unchanged");
        assert_eq!((applied, count("rejected"), count("unprocessed")), (2, 1, 0), "{counters}");
    }
    let customers = IMPORTS + 1;
    assert_eq!((created, muster.customers().await.unwrap().len()), (customers as u64, customers));
    // Of the one whom all have, each value is that of the import that was launched last.
    let (last, _) = imports.iter().enumerate().max_by_key(|(_, import)| id(import)).unwrap();
    let shared = muster.get("/customers?email=shared%40x.org").await.unwrap();
    assert_eq!(shared["attributes"]["first_name"], json!(format!("B{last}")), "{shared}");
}
