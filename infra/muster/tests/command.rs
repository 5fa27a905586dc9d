//! The command as its user meets it: what it refuses, what it says, and the commands that it offers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};
use stack::Options;
use tempfile::TempDir;
use tests::muster::Muster;

/// A folder with files and the data of a stack.
struct Desk(TempDir);

/// What a command printed, and its exit code.
#[derive(Debug)]
struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Desk {
    fn new(files: &[(&str, &str)]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::write(desk.path(name), text).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(words).current_dir(self.0.path()).env_remove("MUSTER_DATA").env_remove("MUSTER_KEY");
        command
    }

    fn run(&self, words: &[&str]) -> Answer {
        self.command(words).output().unwrap().into()
    }

    /// Types a command that another one offered.
    fn type_in(&self, line: &str) -> Answer {
        Command::new("sh").args(["-c", line]).current_dir(self.0.path()).output().unwrap().into()
    }
}

const CUSTOMERS: &str = "email,first_name\nann@example.com,Ann\nnobody,Bob\n";

#[test]
fn a_report_never_replaces_a_file_that_is_there() {
    let desk = Desk::new(&[("mine.csv", CUSTOMERS), ("other.csv", "kept")]);
    std::os::unix::fs::symlink(desk.path("mine.csv"), desk.path("link.csv")).unwrap();
    for (report, force, said) in [
        ("mine.csv", true, "is the file to import"),
        ("./mine.csv", false, "is the file to import"),
        ("link.csv", true, "is the file to import"),
        ("other.csv", false, "--force"),
    ] {
        let mut words = vec!["import", "mine.csv", "--errors", report];
        words.extend(force.then_some("--force"));
        let refused = desk.run(&words);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(said), "{refused:?}");
    }
    assert_eq!((desk.read("mine.csv"), desk.read("other.csv")), (CUSTOMERS.to_owned(), "kept".to_owned()));
    assert!(!desk.path(".muster").exists(), "a stack was started for an import that is refused");

    let imported = desk.run(&["import", "mine.csv", "--errors", "other.csv", "--force"]);
    assert_eq!(imported.code, 1, "{imported:?}");
    assert!(desk.read("other.csv").contains("invalid_email"));
}

#[test]
fn a_dry_run_says_so_first_and_its_report_can_be_had_again() {
    let desk = Desk::new(&[("mine.csv", CUSTOMERS)]);
    let tried = desk.run(&["import", "mine.csv", "--dry-run", "--segment", "May", "--errors", "errors.csv"]);
    assert_eq!(tried.code, 1, "{tried:?}");
    assert!(tried.out.starts_with("Dry run: nothing was written."), "{tried:?}");
    let again = tried.out.lines().find_map(|line| line.strip_prefix("To see this again: ")).unwrap();
    let status = desk.type_in(again);
    for said in [
        "Dry run: nothing was written.",
        "1 × invalid_email: row 2, line 3, column email: ",
        "created                1",
    ] {
        assert!(tried.out.contains(said) && status.out.contains(said), "{said}: {tried:?} {status:?}");
    }
    let report =
        status.out.lines().find_map(|line| line.strip_prefix("To save these rows, to correct and import them: "));
    let refused = desk.type_in(report.unwrap());
    assert!(refused.code == 2 && refused.err.contains("errors.csv exists"), "{refused:?}");
    let id = again.rsplit(' ').next().unwrap();
    let saved = desk.run(&["report", id, "again.csv"]);
    assert_eq!((saved.code, desk.read("again.csv")), (0, desk.read("errors.csv")), "{saved:?}");
    assert_eq!(desk.run(&["report", id]).out.trim(), desk.read("errors.csv").trim());
    assert!(desk.run(&["status"]).out.contains("mine.csv  (dry run, 1 rejected)"));

    assert_eq!(desk.run(&["import", "mine.csv", "--segment", "May"]).code, 1);
    let export = ["segment", "May", "--export", "errors.csv"];
    let refused = desk.run(&export);
    assert!(refused.code == 2 && refused.err.contains("--force"), "{refused:?}");
    assert!(desk.read("errors.csv").contains("invalid_email"));
    assert_eq!(desk.run(&[&export[..], &["--force"]].concat()).code, 0);
    assert!(desk.read("errors.csv").contains("ann@example.com"));
}

#[test]
fn a_file_is_previewed_forecast_and_launched_by_the_commands_that_are_offered() {
    let desk =
        Desk::new(&[("mine.csv", "email,Vorname,Billing City\nann@example.com,\u{1b}[2JAnn,Rome\nnobody,Bob,Oslo\n")]);
    let refused = desk.run(&["preview", "mine.csv", "--map", "Billing City=city"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    for said in ["Vorname       ?", "There is no column “Vorname”", "row 1 (line 2): email: ann@example.com"] {
        assert!(refused.out.contains(said) && !refused.out.contains('\u{1b}'), "{said}: {refused:?}");
    }
    let cured = refused.out.lines().last().unwrap().trim();
    assert!(cured.ends_with("--skip-unknown"), "{cured}");
    let ready = desk.type_in(cured);
    assert_eq!(ready.code, 0, "{ready:?}");
    let import = ready.out.lines().find_map(|line| line.strip_prefix("To import it: ")).unwrap();
    let json = desk.type_in(&format!("{cured} --json"));
    let seen: Json = serde_json::from_str(json.out.lines().last().unwrap()).unwrap();
    assert_eq!((&seen["ready"], &seen["columns"][1]["how"]), (&true.into(), &"left_out".into()), "{seen}");
    assert!(desk.run(&["status"]).out.lines().all(|line| !line.contains("mine.csv")), "a preview is no import");

    let forecast = desk.type_in(&format!("{import} --forecast"));
    assert_eq!(forecast.code, 1, "{forecast:?}");
    let offered = "To import it like this, without another upload: ";
    let launch = forecast.out.lines().find_map(|line| line.strip_prefix(offered)).unwrap();
    let launched = desk.type_in(launch);
    assert_eq!(launched.code, 1, "{launched:?}");
    assert!(launched.out.contains("created                1           1"), "{launched:?}");
    assert_eq!(desk.run(&["customer", "ann@example.com"]).code, 0);
    let again = desk.type_in(launch);
    assert_eq!(again.out.lines().count(), launched.out.lines().count(), "the same import: {again:?}");
}

#[test]
fn many_unknown_columns_are_one_line_and_a_command_that_works() {
    let unknown: Vec<String> = (1..=16).map(|at| format!("Field {at}")).collect();
    let file = format!("email,{}\nann@example.com{}\n", unknown.join(","), ",x".repeat(16));
    let desk = Desk::new(&[("Ann's file.csv", &file)]);
    let refused = desk.run(&["import", "Ann's file.csv", "--region", "DE"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(refused.out.matches("Field 7").count(), 1, "{refused:?}");
    assert!(refused.out.contains("16 headers name no column: “Field 1”, “Field 2”"), "{refused:?}");
    assert!(!refused.out.contains("on_unknown_column"), "{refused:?}");
    let ready = refused.out.lines().map(str::trim).find(|line| line.ends_with("--skip-unknown")).unwrap();
    assert!(ready.ends_with(r"import 'Ann'\''s file.csv' --region DE --skip-unknown"), "{ready}");

    let as_json = desk.run(&["import", "Ann's file.csv", "--json"]);
    let import: Json = serde_json::from_str(as_json.out.lines().last().unwrap()).unwrap();
    assert_eq!((as_json.code, &import["state"]), (2, &Json::from("failed")));
    assert!(as_json.err.contains("--json --skip-unknown"), "{as_json:?}");
}

#[test]
fn a_command_that_a_refusal_offers_imports_the_file() {
    let desk = Desk::new(&[("Ann's file.csv", "email,city,company\nann@example.com,,\n")]);
    let refused = desk.run(&["import", "Ann's file.csv", "--on-empty-column", "fail", "--region=DE"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let ready = refused.out.lines().map(str::trim).find(|line| line.ends_with("--on-empty-column ignore")).unwrap();
    assert!(ready.ends_with("--region=DE --on-empty-column ignore"), "{ready}");
    let imported = desk.type_in(ready);
    assert_eq!(imported.code, 0, "{ready}: {imported:?}");
    assert!(imported.out.contains("left out: city, company"), "{imported:?}");
}

#[test]
fn settings_are_refused_by_their_flags() {
    let desk = Desk::new(&[("mine.csv", CUSTOMERS)]);
    let refused = desk.run(&["import", "mine.csv", "--region", "Germany", "--map", "Ref=nonsense"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    for said in ["--region: Give the two letters", "--map Ref=COLUMN: There is no column"] {
        assert!(refused.err.contains(said), "{refused:?}");
    }
    assert!(!refused.err.contains("default_region"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_taken_as_it_is_printed_anywhere() {
    let desk = Desk::new(&[("mine.csv", CUSTOMERS)]);
    let muster = Muster::start(Options::new(desk.path("elsewhere"))).await.unwrap();
    let url = muster.stack.api_url();
    let key = muster.stack.api_key();
    let imported = desk.run(&["import", "mine.csv", "--url", url, "--key", key]);
    assert_eq!(imported.code, 1, "{imported:?}");
    let shown = imported.out.lines().last().unwrap();
    assert!(shown.starts_with(&format!("{url}/imports/")), "{imported:?}");
    for given in [url, &format!("{url}/"), &format!("{url}/imports"), shown] {
        let listed = desk.run(&["status", "--url", given, "--key", key]);
        assert!(listed.code == 0 && listed.out.contains("mine.csv  (1 rejected)"), "{given}: {listed:?}");
    }
    for (given, key, said) in [
        (url, "wrong", "the key is not known there"),
        ("http://127.0.0.1:9", key, "nothing answers at http://127.0.0.1:9"),
        ("127.0.0.1:4600", key, "is not the URL of a Muster"),
    ] {
        let refused = desk.run(&["status", "--url", given, "--key", key]);
        assert!(refused.code == 2 && refused.err.contains(said), "{given}: {refused:?}");
    }
}

#[test]
fn an_endpoint_without_credentials_is_refused_in_a_sentence() {
    let desk = Desk::new(&[]);
    for (credentials, said) in [(false, "no AWS credentials were found"), (true, "nothing answers at the endpoint")] {
        let mut command = desk.command(&["provision", "--endpoint-url", "http://127.0.0.1:9"]);
        command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_REGION", "eu-central-1");
        if credentials {
            command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        }
        let refused: Answer = command.output().unwrap().into();
        assert!(refused.code == 2 && refused.err.contains(said), "{refused:?}");
        assert_eq!(refused.err.lines().count(), 1, "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_import_goes_on_as_the_command_says() {
    let rows = 4_000;
    let file = (0..rows).fold("email,city\n".to_owned(), |file, row| format!("{file}p{row}@example.com,City {row}\n"));
    let desk = Desk::new(&[("mine.csv", &file)]);
    let mut child = desk.command(&["import", "mine.csv"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let is_half_way = |line: &String| line.starts_with("importing: ") && !line.starts_with("importing: 0 ");
    lines.find(is_half_way).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let said: Vec<String> = lines.filter(|line| !line.starts_with("importing: ")).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said:?}");
    assert!(said[0].contains("stopped half-way, because its stack ended with this command"), "{said:?}");
    assert!(said[1].ends_with(" up lets it go on where it was"), "{said:?}");
    let status = said[2].trim().strip_suffix(" shows how far it is").unwrap();
    let shown = desk.type_in(status);
    assert!(shown.code == 0 && shown.out.contains(" of mine.csv is "), "{shown:?}");

    let id = status.rsplit(' ').next().unwrap();
    let muster = Muster::start(Options::new(desk.path(".muster"))).await.unwrap();
    let import = muster.wait_for_end(id).await.unwrap();
    assert_eq!((&import["state"], &import["counters"]["created"]), (&Json::from("completed"), &Json::from(rows)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_with_the_parts_that_are_missing_and_with_no_other_file() {
    // Two parts: the first one has all but the last row.
    let padding = "x".repeat(60_000);
    let file = (0..140).fold("email,padding\n".to_owned(), |file, row| format!("{file}p{row}@example.com,{padding}\n"));
    let other = file.replace("p139@", "q139@x.");
    let desk = Desk::new(&[("mine.csv", &file), ("longer.csv", &other)]);
    let muster = Muster::start(Options::new(desk.path("elsewhere"))).await.unwrap();
    let columns = json!({ "padding": null });
    let declared = json!({ "name": "mine.csv", "size": file.len(), "multipart": true });
    let launched = muster.post("/imports", json!({ "file": declared, "columns": columns })).await.unwrap();
    let first = &launched["upload"]["multipart"]["parts"][0];
    let size = usize::try_from(first["size"].as_u64().unwrap()).unwrap();
    assert!(size < file.len());
    let put = tls::client().no_proxy().build().unwrap().put(first["url"].as_str().unwrap());
    let put = put.body(file.as_bytes()[..size].to_vec()).send().await.unwrap().error_for_status().unwrap();

    let id = launched["id"].as_str().unwrap();
    let described = muster.get(&format!("/imports/{id}/upload")).await.unwrap();
    let parts = &described["upload"]["multipart"]["parts"];
    assert_eq!(parts[0]["etag"], put.headers()["etag"].to_str().unwrap());
    assert_eq!(parts[1]["etag"], Json::Null);

    let place = ["--url", muster.stack.api_url(), "--key", muster.stack.api_key()];
    let resume = |file| desk.run(&[&["resume", id, file], place.as_slice()].concat());
    let refused = resume("longer.csv");
    assert!(refused.code == 2 && refused.err.contains("give the file that it was launched with"), "{refused:?}");
    let resumed = resume("mine.csv");
    assert!(resumed.code == 0 && resumed.out.contains("created              140"), "{resumed:?}");
    let late = resume("mine.csv");
    assert!(late.code == 2 && late.err.contains("its file cannot be uploaded any more"), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_for_aws_clients_is_that_of_the_stack_that_runs() {
    let desk = Desk::new(&[]);
    let refused = desk.run(&["env"]);
    assert!(refused.code == 2 && refused.err.contains("start one with `muster up`"), "{refused:?}");
    let muster = Muster::start(Options::new(desk.path(".muster"))).await.unwrap();
    let shown = desk.run(&["env"]);
    let credentials = stack::credentials(&desk.path(".muster")).unwrap();
    let expected = format!(
        "export AWS_ENDPOINT_URL={}\nexport AWS_REGION=us-east-1\nexport AWS_DEFAULT_REGION=us-east-1\nexport AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\nunset AWS_SESSION_TOKEN\n",
        muster.stack.endpoint_url(),
        credentials.access_key_id(),
        credentials.secret_access_key()
    );
    assert_eq!((shown.code, shown.out), (0, expected));
}

#[test]
fn what_a_file_says_cannot_act_on_the_terminal() {
    let file = "email,first_name\nann@example.com,A\u{1b}[2Jnn\u{202e}\nno\u{1b}]0;x\u{7}body,Bob\n";
    let desk = Desk::new(&[("a\u{202e}.csv", file)]);
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for words in
        [&["import", "a\u{202e}.csv"][..], &["customer", "ann@example.com"], &["erase", "ann@example.com"], &["status"]]
    {
        let shown = desk.run(words);
        assert!(!shown.out.contains(acts) && !shown.err.contains(acts), "{shown:?}");
        assert!(shown.out.contains(r"\u{") || shown.err.contains(r"\u{"), "nothing was escaped: {shown:?}");
    }
}

#[test]
fn a_file_of_people_is_erased_once_that_is_confirmed_and_they_stay_out() {
    let desk = Desk::new(&[
        ("all.csv", "email,phone\nann@example.com,+12015550101\nbob@example.com,\ncleo@example.com,\n"),
        ("gone.csv", "E-Mail;Notes\nANN@example.com;asked by phone\nbob@example.com;\nnobody@example.com;\n"),
    ]);
    assert_eq!(desk.run(&["import", "all.csv"]).code, 0);
    let forecast = desk.run(&["erase", "--file", "gone.csv", "--suppress"]);
    assert_eq!(forecast.code, 2, "{forecast:?}");
    for said in ["1 row names nobody, or cannot be read", "2 of 3 rows name 2 customers", "add --yes"] {
        assert!(forecast.err.contains(said), "{said}: {forecast:?}");
    }
    assert_eq!(desk.run(&["customer", "ann@example.com"]).code, 0);

    let erased = desk.run(&["erase", "--file", "gone.csv", "--suppress", "--yes"]);
    assert_eq!(erased.code, 0, "{erased:?}");
    assert!(erased.out.contains("Erased 2 customers; no import brings them back"), "{erased:?}");
    assert_ne!(desk.run(&["customer", "ann@example.com"]).code, 0);
    assert_eq!(desk.run(&["customer", "cleo@example.com"]).code, 0);
    assert_eq!(desk.run(&["import", "all.csv"]).code, 1, "two rows are rejected");
    assert!(desk.run(&["suppressed", "ann@example.com"]).out.contains("is suppressed"));
    assert_eq!(desk.run(&["suppressed", "ann@example.com", "--lift"]).code, 0);
    assert!(desk.run(&["suppressed", "ann@example.com"]).out.contains("is not suppressed"));
    assert_ne!(desk.run(&["erase", "--suppress"]).code, 0, "it says neither whom nor a file");
}
