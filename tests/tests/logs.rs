//! Log lines name import, batch and trace, and hold nothing of a customer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use stack::faults::Faults;
use tests::files::tangled_with;
use tests::muster::{Muster, options_under};
use tracing_subscriber::fmt::MakeWriter;

/// Collects everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The cells that a log line could have only from the file.
fn telling_cells(file: &[u8]) -> BTreeSet<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let cells = reader.records().flat_map(|record| record.unwrap().iter().map(ToOwned::to_owned).collect::<Vec<_>>());
    // Shorter cells could be parts of ids and numbers.
    cells.filter(|cell| cell.trim().len() > 4).map(|cell| cell.trim().to_lowercase()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_name_import_batch_and_trace_and_hold_nothing_of_a_customer() {
    let written = Log::default();
    // What the functions log on AWS, and their own lines of the level below.
    let filter = "info,upload=debug,splitter=debug,row_processor=debug,finisher=debug,status=debug,\
                  domain=debug,figures=debug,stores=debug,steps=debug,runtime=debug";
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(written.clone()).init();
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::seeded(7).only("row-processor").only("splitter").only("finisher");
    let faults = faults.kill_percent(0.3).throttle_percent(2.0).server_error_percent(2.0);
    let muster = Muster::start(options_under(Arc::new(faults), folder.path())).await.unwrap();
    let file = tangled_with(3, 900, "Łódź-on-Test", true);
    let settings = json!({
        "on_conflict": "reject",
        "on_invalid_value": "reject",
        "settings": { "segment": { "name": "Secret segment" }, "source_action": { "name": "Secret action" } },
    });
    let import = muster.import(&file, settings).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    let mut broken = file.clone();
    broken.extend_from_slice(b"\"unclosed,secret-quote@example.com,,,,,,\n");
    let failed = muster.import(&broken, json!({})).await.unwrap();
    assert_eq!(failed["failure"]["code"], "unclosed_quote", "{failed}");
    let ambiguous = b"email,birth_date\nsecret-dates@example.com,03/04/2026\n";
    assert_eq!(muster.import(ambiguous, json!({})).await.unwrap()["state"], "failed");
    for path in ["/customers?email=secret-query%40example.com", "/customers/secret-path", "/imports/secret-import"] {
        assert!(muster.get(path).await.is_err(), "{path}");
    }

    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let mut secrets = telling_cells(&file);
    secrets.extend(["secret", "example.com", "03/04/2026", "Łódź"].map(str::to_lowercase));
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let text = line.to_string().to_lowercase();
        let leaked = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert_eq!(leaked, None, "{line}");
    }
    let id = import["id"].as_str().unwrap();
    // A field of a line, or of a span around it.
    let field = |line: &Json, name: &str| {
        let spans = line["spans"].as_array().into_iter().flatten();
        spans.map(|span| span[name].clone()).chain([line[name].clone()]).find(|value| !value.is_null())
    };
    let about: Vec<&Json> = lines.iter().filter(|line| field(line, "import") == Some(json!(id))).collect();
    let traces: BTreeSet<String> = about.iter().filter_map(|line| Some(field(line, "trace")?.to_string())).collect();
    assert_eq!(traces.len(), 1, "an import is one trace: {traces:?}");
    assert!(about.iter().any(|line| field(line, "batch").is_some()), "no line names a batch: {about:#?}");
    assert!(about.iter().any(|line| line["message"] == "ended"), "{about:#?}");
}
