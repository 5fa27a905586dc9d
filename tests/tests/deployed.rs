//! Imports through a deployed Muster: with the function URLs, storage events and queues that the template makes, and
//! with the functions as they are packaged.
//!
//! `infra/emulator/run` deploys a Muster to an emulator and runs these tests. They count what is created, so the
//! deployment must be fresh.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use domain::imports::ImportRequest;
use serde_json::{Value as Json, json};
use tests::client::{Client, ClientConfig, http_with_key, http_without_key, tally};
use tests::files::tangled;
use tests::meter::{Meter, WriteUnits};
use tests::model::{Customer, Model, ModelImport, Tally};
use tests::stored::compare_customers;
use tokio::sync::{Mutex, MutexGuard};

/// The deployed Muster. Its tables and its meter are shared, so one test has it at a time.
struct Deployed {
    client: Client,
    config: ClientConfig,
    stack: String,
    /// The customers of earlier tests.
    others: BTreeSet<String>,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::const_new(());
static METER: OnceLock<Meter> = OnceLock::new();

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests need a deployed Muster; infra/emulator/run deploys one and runs them")
    })
}

impl Deployed {
    async fn take() -> Self {
        let turn = TURN.lock().await;
        // The functions reach their tables through this port, so it must answer in every test.
        if let Ok(port) = std::env::var("MUSTER_METER_PORT") {
            METER.get_or_init(|| Meter::start(port.parse().unwrap(), &variable("AWS_ENDPOINT_URL")).unwrap());
        }
        let url = |name: &str| variable(name).trim_end_matches('/').to_owned();
        let stack = std::env::var("MUSTER_STACK").unwrap_or_else(|_| stack::STACK_NAME.to_owned());
        let (upload_url, status_url, key) =
            (url("MUSTER_UPLOAD_URL"), url("MUSTER_STATUS_URL"), variable("MUSTER_KEY"));
        // Without it the SDK would reach for AWS itself.
        variable("AWS_ENDPOINT_URL");
        let sdk = stores::sdk().load().await;
        let config = ClientConfig { upload_url, status_url, key, sdk, customers_table: format!("{stack}-customers") };
        let client = Client::new(config.clone()).unwrap();
        let others = client.customer_ids().await.unwrap();
        Self { client, config, stack, others, _turn: turn }
    }

    /// The customers that this test created.
    async fn customers(&self) -> BTreeMap<String, Customer> {
        self.client.customers_except(&self.others).await.unwrap()
    }

    fn write_units(&self) -> WriteUnits {
        METER.get().expect("MUSTER_METER_PORT is not set; infra/emulator/run sets it").consumed()
    }
}

/// Reads a file into the model with the settings of an import.
fn read_into(model: &mut Model, file: &[u8], settings: &Json) -> Tally {
    let request = json!({ "file": { "name": "customers.csv" }, "settings": settings["settings"] });
    let request = ImportRequest::parse(request.to_string().as_bytes()).unwrap();
    let import = ModelImport { number: 0, file, request: &request, skipped_rows: &BTreeSet::new() };
    model.read(&import).unwrap().tally
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn an_ordinary_file_ends_as_the_model_says_and_the_same_again_changes_nothing() {
    let muster = Deployed::take().await;
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/customers.csv")).unwrap();
    let settings =
        json!({ "settings": { "segment": { "name": "Ordinary" }, "source_action": { "name": "Imported" } } });
    let mut model = Model::default();
    let expected = read_into(&mut model, &file, &settings);
    let import = muster.client.import(&file, settings.clone()).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    assert_eq!(tally(&import), expected);
    compare_customers(&muster.customers().await, &model).unwrap();
    let segments = muster.client.get("/segments").await.unwrap();
    let segment =
        segments["segments"].as_array().unwrap().iter().find(|segment| segment["name"] == "Ordinary").unwrap();
    let segment = segment["id"].as_str().unwrap();
    let members = muster.client.get(&format!("/segments/{segment}")).await.unwrap();
    assert_eq!(members["count"], model.customers().len());

    let again = muster.client.import(&file, settings).await.unwrap();
    let applied = expected.created + expected.updated + expected.unchanged;
    assert_eq!(tally(&again), Tally { created: 0, updated: 0, unchanged: applied, ..expected });

    let csv = muster.client.export(segment).await.unwrap();
    let exported = muster.client.import(csv.as_bytes(), json!({})).await.unwrap();
    let members = model.customers().len() as u64;
    assert_eq!(tally(&exported), Tally { unchanged: members, ..Tally::default() });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn a_tangled_file_ends_as_if_read_from_top_to_bottom() {
    let muster = Deployed::take().await;
    let text = String::from_utf8(tangled(1, 600)).unwrap();
    let file = text.replace("+1 201 555 ", "+1 202 555 ").replace("@EXAMPLE.com", "@example.com").into_bytes();
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    let mut model = Model::default();
    let expected = read_into(&mut model, &file, &settings);
    let import = muster.client.import(&file, settings).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    assert_eq!(tally(&import), expected);
    compare_customers(&muster.customers().await, &model).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn a_broken_file_fails_with_its_place_and_writes_no_customer() {
    let muster = Deployed::take().await;
    for (file, code, row, line, column) in [
        (&b"city\nRome\n"[..], "no_identifier_column", Some(0), Some(1), None),
        (b"email,shoes\nb@broken.example,4\n", "unknown_column", Some(0), Some(1), Some("shoes")),
        (b"email,city\nb@broken.example,Rome\nc@broken.example,\"Os", "unclosed_quote", Some(2), Some(3), Some("city")),
        (b"email,city\nb@broken.example\n", "wrong_cell_count", Some(1), Some(2), None),
    ] {
        let import = muster.client.import(file, json!({})).await.unwrap();
        assert_eq!(import["state"], "failed", "{import}");
        assert_eq!(import["failure"]["code"], code);
        let problem = &import["failure"]["problems"][0];
        let place = (problem["row"].as_u64(), problem["line"].as_u64(), problem["column"].as_str());
        assert_eq!(place, (row, line, column), "{problem}");
    }
    assert_eq!(muster.client.customer_ids().await.unwrap(), muster.others);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn the_report_comes_back_and_can_be_imported_as_it_is_and_corrected() {
    let muster = Deployed::take().await;
    let file = "email,phone,city\na@report.example,,Rome\nnobody,,\"=1+1\"\nb@report.example,12,Oslo\n";
    let import = muster.client.import(file.as_bytes(), json!({})).await.unwrap();
    assert_eq!(tally(&import), Tally { created: 2, rejected: 1, warnings: 1, ..Tally::default() });
    let report = muster.client.report(import["id"].as_str().unwrap()).await.unwrap();
    let as_it_is = muster.client.import(report.as_bytes(), json!({})).await.unwrap();
    assert_eq!(tally(&as_it_is), Tally { unchanged: 1, rejected: 1, warnings: 1, ..Tally::default() });
    let corrected = report.replace("nobody", "c@report.example");
    let import = muster.client.import(corrected.as_bytes(), json!({})).await.unwrap();
    assert_eq!(tally(&import), Tally { created: 1, unchanged: 1, warnings: 1, ..Tally::default() });
    let found = muster.client.get("/customers?email=C%40Report.example").await.unwrap();
    assert_eq!(found["attributes"]["city"], "=1+1");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn a_file_uploaded_in_parts_is_one_file() {
    let muster = Deployed::take().await;
    let long = "x".repeat(40_000);
    let rows: String = (0..250).map(|row| format!("p{row}@parts.example,\"{long}\n\",{row}\n")).collect();
    let file = format!("email,_note,city\n{rows}");
    let declared = json!({ "file": { "name": "large.csv", "size": file.len(), "multipart": true } });
    let import = muster.client.import(file.as_bytes(), declared).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    assert_eq!(tally(&import), Tally { created: 250, ..Tally::default() });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn an_upload_url_takes_one_file_of_its_length_and_type_and_no_other() {
    let muster = Deployed::take().await;
    let file = "email\na@upload.example\n";
    let body = json!({ "file": { "name": "a.csv", "size": file.len() } });
    let launched = muster.client.post("/imports", body).await.unwrap();
    let upload = &launched["upload"];
    let http = http_without_key().unwrap();
    let url = upload["url"].as_str().unwrap();
    let put_at = async |url: &str, body: String, changed: Option<(&str, &str)>| {
        let mut put = http.put(url).body(body);
        for (name, value) in upload["headers"].as_object().unwrap() {
            let value = changed.filter(|(other, _)| other == name).map_or(value.as_str().unwrap(), |(_, value)| value);
            // The HTTP client sets the length itself, from the body.
            if name != "content-length" {
                put = put.header(name, value);
            }
        }
        put.send().await.unwrap().status().as_u16()
    };
    let (signed, signature) = url.split_once("X-Amz-Signature=").unwrap();
    let forged: String = signature.chars().map(|digit| if digit == '0' { '1' } else { '0' }).take(64).collect();
    let forged = format!("{signed}X-Amz-Signature={forged}{}", &signature[64..]);
    assert_eq!(put_at(&forged, file.to_owned(), None).await, 403, "another signature");
    assert_eq!(put_at(url, format!("{file}b@upload.example\n"), None).await, 403, "another length");
    assert_eq!(put_at(url, file.to_owned(), Some(("content-type", "text/html"))).await, 403, "another type");
    assert_eq!(put_at(url, file.to_owned(), None).await, 200);
    assert_eq!(put_at(url, file.replace("a@", "b@"), None).await, 412, "a second file");
    let import = muster.client.wait_for_end(launched["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(tally(&import), Tally { created: 1, ..Tally::default() });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn without_a_valid_key_requests_are_refused_with_a_reason() {
    let muster = Deployed::take().await;
    let http = http_with_key("wrong").unwrap();
    let body = json!({ "file": { "name": "a.csv" } });
    for request in [
        http.post(format!("{}/imports", muster.config.upload_url)).json(&body),
        http.get(format!("{}/imports", muster.config.status_url)),
        http_without_key().unwrap().get(format!("{}/customers?email=a%40b.de", muster.config.status_url)),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let body: Json = answer.json().await.unwrap();
        assert_eq!(body["code"], "unauthorized");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn a_row_costs_the_write_units_that_it_should() {
    let muster = Deployed::take().await;
    let file: String = std::iter::once("external_id,email,city\n".to_owned())
        .chain((0..1_000).map(|row| format!("U{row},p{row}@units.example,Rome\n")))
        .collect();
    let settings = json!({ "settings": { "segment": { "name": "Units" }, "source_action": { "name": "Counted" } } });
    let start = muster.write_units();
    let import = muster.client.import(file.as_bytes(), settings.clone()).await.unwrap();
    assert_eq!(tally(&import), Tally { created: 1_000, ..Tally::default() });
    let first = muster.write_units();
    let import = muster.client.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(tally(&import), Tally { unchanged: 1_000, ..Tally::default() });
    let second = muster.write_units();
    assert_eq!(second.unmetered, BTreeSet::new(), "the sums lack the units of these operations");

    let units_per_row = |consumed: &WriteUnits| {
        ["customers", "identities", "segments", "tasks"].map(|table| {
            let units = consumed.by_table.get(&format!("{}-{table}", muster.stack)).copied().unwrap_or_default();
            units / 1_000.0
        })
    };
    let [customers, identities, segments, tasks] = units_per_row(&first.since(&start));
    assert_eq!((customers, identities), (2.0, 2.0), "the profile, an entry of the feed, and two identifiers");
    // The segment, its group and the action are new in the catalogue.
    assert!((1.0..=1.003).contains(&segments), "a place in the list of the segment: {segments}");
    assert!(tasks < 0.1, "batches are counted, not rows: {tasks}");
    let [customers, identities, segments, tasks] = units_per_row(&second.since(&first));
    assert_eq!((customers, identities, segments), (1.0, 0.0, 0.0), "an entry of the feed and nothing else");
    assert!(tasks < 0.1, "batches are counted, not rows: {tasks}");
}
