//! Imports through a deployed Muster: function URLs, storage events and queues as the template made them, and the functions
//! as they are packed.
//!
//! `infra/emulator/run` deploys one to an emulator and runs these tests. They want it fresh, as they count what is created.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Value as Json, json};
use shared::settings::ImportRequest;
use tests::client::{Client, Place, counted, same, with_key};
use tests::files::tangled;
use tests::meter::{Meter, Written};
use tests::model::{Counted, Customer, Import, Model};
use tokio::sync::{Mutex, MutexGuard};

/// The deployed Muster, for one test at a time: its tables and its meter are everybody's.
struct Deployed {
    client: Client,
    place: Place,
    stack: String,
    /// The customers that were there before.
    others: BTreeSet<String>,
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::const_new(());
static METER: OnceLock<Meter> = OnceLock::new();

fn need(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests need a deployed Muster, and infra/emulator/run makes one for them")
    })
}

impl Deployed {
    async fn take() -> Self {
        let alone = ALONE.lock().await;
        // The functions were told to reach their tables through this port, so it has to answer in every test.
        if let Ok(port) = std::env::var("MUSTER_METER_PORT") {
            METER.get_or_init(|| Meter::start(port.parse().unwrap(), &need("AWS_ENDPOINT_URL")).unwrap());
        }
        let url = |name: &str| need(name).trim_end_matches('/').to_owned();
        let stack = std::env::var("MUSTER_STACK").unwrap_or_else(|_| local::stack::STACK_NAME.to_owned());
        let (upload_url, status_url, key) = (url("MUSTER_UPLOAD_URL"), url("MUSTER_STATUS_URL"), need("MUSTER_KEY"));
        need("AWS_ENDPOINT_URL");
        let sdk = aws_config::load_from_env().await;
        let place = Place { upload_url, status_url, key, sdk, customers_table: format!("{stack}-customers") };
        let client = Client::of(place.clone()).unwrap();
        let others = client.customer_ids().await.unwrap();
        Self { client, place, stack, others, _alone: alone }
    }

    /// The customers that are there since this test began.
    async fn customers(&self) -> BTreeMap<String, Customer> {
        self.client.customers_but(&self.others).await.unwrap()
    }

    fn written(&self) -> Written {
        METER.get().expect("MUSTER_METER_PORT is not set: infra/emulator/run says which").written()
    }
}

/// Reads a file into the model with the settings of an import.
fn model_reads(model: &mut Model, file: &[u8], settings: &Json) -> Counted {
    let request = json!({ "file": { "name": "customers.csv" }, "settings": settings["settings"] });
    let request = ImportRequest::parse(request.to_string().as_bytes()).unwrap();
    let import = Import { number: 0, file, request: &request, left_out: &BTreeSet::new() };
    model.read(&import).unwrap().counted
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn an_ordinary_file_ends_as_the_model_says_and_the_same_again_changes_nothing() {
    let muster = Deployed::take().await;
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/customers.csv")).unwrap();
    let settings =
        json!({ "settings": { "segment": { "name": "Ordinary" }, "source_action": { "name": "Imported" } } });
    let mut model = Model::default();
    let expected = model_reads(&mut model, &file, &settings);
    let task = muster.client.import(&file, settings.clone()).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    assert_eq!(counted(&task), expected);
    same(&muster.customers().await, &model).unwrap();
    let segments = muster.client.get("/segments").await.unwrap();
    let segment =
        segments["segments"].as_array().unwrap().iter().find(|segment| segment["name"] == "Ordinary").unwrap();
    let segment = segment["id"].as_str().unwrap();
    let members = muster.client.get(&format!("/segments/{segment}")).await.unwrap();
    assert_eq!(members["count"], model.customers().len());

    let again = muster.client.import(&file, settings).await.unwrap();
    let applied = expected.created + expected.updated + expected.unchanged;
    assert_eq!(counted(&again), Counted { created: 0, updated: 0, unchanged: applied, ..expected });

    let csv = muster.client.download(&format!("/segments/{segment}/export")).await.unwrap();
    let exported = muster.client.import(csv.as_bytes(), json!({})).await.unwrap();
    let members = model.customers().len() as u64;
    assert_eq!(counted(&exported), Counted { unchanged: members, ..Counted::default() });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn a_tangled_file_ends_as_if_read_from_top_to_bottom() {
    let muster = Deployed::take().await;
    let text = String::from_utf8(tangled(1, 600)).unwrap();
    let file = text.replace("+1 201 555 ", "+1 202 555 ").replace("@EXAMPLE.com", "@example.com").into_bytes();
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    let mut model = Model::default();
    let expected = model_reads(&mut model, &file, &settings);
    let task = muster.client.import(&file, settings).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    assert_eq!(counted(&task), expected);
    same(&muster.customers().await, &model).unwrap();
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
        let task = muster.client.import(file, json!({})).await.unwrap();
        assert_eq!(task["state"], "failed", "{task}");
        assert_eq!(task["failure"]["code"], code);
        let problem = &task["failure"]["problems"][0];
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
    let task = muster.client.import(file.as_bytes(), json!({})).await.unwrap();
    assert_eq!(counted(&task), Counted { created: 2, rejected: 1, warnings: 1, ..Counted::default() });
    let report = muster.client.report(task["id"].as_str().unwrap()).await.unwrap();
    let as_it_is = muster.client.import(report.as_bytes(), json!({})).await.unwrap();
    assert_eq!(counted(&as_it_is), Counted { unchanged: 1, rejected: 1, warnings: 1, ..Counted::default() });
    let corrected = report.replace("nobody", "c@report.example");
    let task = muster.client.import(corrected.as_bytes(), json!({})).await.unwrap();
    assert_eq!(counted(&task), Counted { created: 1, unchanged: 1, warnings: 1, ..Counted::default() });
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
    let task = muster.client.import(file.as_bytes(), declared).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    assert_eq!(counted(&task), Counted { created: 250, ..Counted::default() });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn an_upload_url_takes_one_file_of_its_length_and_type_and_no_other() {
    let muster = Deployed::take().await;
    let file = "email\na@upload.example\n";
    let body = json!({ "file": { "name": "a.csv", "size": file.len() } });
    let launched = muster.client.post("/imports", body).await.unwrap();
    let upload = &launched["upload"];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let put = async |body: String, changed: Option<(&str, &str)>| {
        let mut put = http.put(upload["url"].as_str().unwrap()).body(body);
        for (name, value) in upload["headers"].as_object().unwrap() {
            let value = changed.filter(|(other, _)| other == name).map_or(value.as_str().unwrap(), |(_, value)| value);
            // The client sets the length by itself, from the body that it has.
            if name != "content-length" {
                put = put.header(name, value);
            }
        }
        put.send().await.unwrap().status().as_u16()
    };
    assert_eq!(put(format!("{file}b@upload.example\n"), None).await, 403, "another length");
    assert_eq!(put(file.to_owned(), Some(("content-type", "text/html"))).await, 403, "another type");
    assert_eq!(put(file.to_owned(), None).await, 200);
    assert_eq!(put(file.replace("a@", "b@"), None).await, 412, "a second file");
    let task = muster.client.end(launched["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(counted(&task), Counted { created: 1, ..Counted::default() });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/emulator/run"]
async fn without_a_good_key_there_is_no_answer_but_why() {
    let muster = Deployed::take().await;
    let http = with_key("wrong").unwrap();
    let body = json!({ "file": { "name": "a.csv" } });
    for request in [
        http.post(format!("{}/imports", muster.place.upload_url)).json(&body),
        http.get(format!("{}/imports", muster.place.status_url)),
        reqwest::Client::new().get(format!("{}/customers?email=a%40b.de", muster.place.status_url)),
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
    let start = muster.written();
    let task = muster.client.import(file.as_bytes(), settings.clone()).await.unwrap();
    assert_eq!(counted(&task), Counted { created: 1_000, ..Counted::default() });
    let first = muster.written();
    let task = muster.client.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(counted(&task), Counted { unchanged: 1_000, ..Counted::default() });
    let second = muster.written();
    assert_eq!(second.unasked, BTreeSet::new(), "what these cost is not in the sums");

    let cost = |written: &Written| {
        ["customers", "identities", "segments", "tasks"].map(|table| {
            let units = written.units.get(&format!("{}-{table}", muster.stack)).copied().unwrap_or_default();
            units / 1_000.0
        })
    };
    let [customers, identities, segments, tasks] = cost(&first.since(&start));
    assert_eq!((customers, identities), (2.0, 2.0), "the customer with an entry of its feed, and two identifiers");
    // The names of the segment, of its group and of the action are new.
    assert!((1.0..=1.003).contains(&segments), "a place in the segment: {segments}");
    assert!(tasks < 0.1, "counting goes by batches, not by rows: {tasks}");
    let [customers, identities, segments, tasks] = cost(&second.since(&first));
    assert_eq!((customers, identities, segments), (1.0, 0.0, 0.0), "an entry of the feed, and nothing else");
    assert!(tasks < 0.1, "counting goes by batches, not by rows: {tasks}");
}
