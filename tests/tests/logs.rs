//! What the functions log: with task, batch and trace, and never anything of a customer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use local::stack::faults::Faults;
use serde_json::{Value as Json, json};
use tests::files::tangled_with;
use tests::muster::{Muster, under};
use tracing_subscriber::fmt::MakeWriter;

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Values that a log could only have from the file: its own words are none of them.
fn values(file: &[u8]) -> BTreeSet<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let cells = reader.records().flat_map(|record| record.unwrap().iter().map(ToOwned::to_owned).collect::<Vec<_>>());
    // Shorter ones are parts of ids and numbers.
    cells.filter(|cell| cell.trim().len() > 4).map(|cell| cell.trim().to_lowercase()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_tell_of_task_batch_and_trace_and_of_no_customer() {
    let kept = Kept::default();
    // As the functions log on AWS, and a level more of their own.
    let filter = "info,upload=debug,splitter=debug,row_processor=debug,finisher=debug,status=debug,shared=debug";
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(kept.clone()).init();
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::seeded(7).only("row-processor").only("splitter").only("finisher");
    let faults = faults.kill_percent(0.3).throttle_percent(2.0).server_error_percent(2.0);
    let options = under(Arc::new(faults), folder.path());
    let muster = Muster::start(options).await.unwrap();
    let file = tangled_with(3, 900, "Łódź-on-Test", true);
    let settings = json!({
        "on_conflict": "reject",
        "on_invalid_value": "reject",
        "settings": { "segment": { "name": "Secret segment" }, "source_action": { "name": "Secret action" } },
    });
    let task = muster.import(&file, settings).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    let mut broken = file.clone();
    broken.extend_from_slice(b"\"unclosed,secret-quote@example.com,,,,,,\n");
    let failed = muster.import(&broken, json!({})).await.unwrap();
    assert_eq!(failed["failure"]["code"], "unclosed_quote", "{failed}");
    let ambiguous = b"email,birth_date\nsecret-dates@example.com,03/04/2026\n";
    assert_eq!(muster.import(ambiguous, json!({})).await.unwrap()["state"], "failed");
    for path in ["/customers?email=secret-query%40example.com", "/customers/secret-path", "/imports/secret-import"] {
        assert!(muster.get(path).await.is_err(), "{path}");
    }

    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let mut secrets = values(&file);
    secrets.extend(["secret", "example.com", "03/04/2026", "Łódź"].map(str::to_lowercase));
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let text = line.to_string().to_lowercase();
        let told = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert_eq!(told, None, "{line}");
    }
    let id = task["id"].as_str().unwrap();
    let of = |line: &Json, field: &str| {
        let spans = line["spans"].as_array().into_iter().flatten();
        spans.map(|span| span[field].clone()).chain([line[field].clone()]).find(|value| !value.is_null())
    };
    let of_task: Vec<&Json> = lines.iter().filter(|line| of(line, "task") == Some(json!(id))).collect();
    let traces: BTreeSet<String> = of_task.iter().filter_map(|line| Some(of(line, "trace")?.to_string())).collect();
    assert_eq!(traces.len(), 1, "an import is one trace: {traces:?}");
    assert!(of_task.iter().any(|line| of(line, "batch").is_some()), "no line tells of a batch: {of_task:#?}");
    assert!(of_task.iter().any(|line| line["message"] == "ended"), "{of_task:#?}");
}
