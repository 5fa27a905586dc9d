//! Finding imports again.

use serde_json::Value as Json;
use serde_json::json;
use stack::Options;
use tests::muster::Muster;

/// The descriptions of the imports that a query finds, over all its answers.
async fn found(muster: &Muster, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let listed = muster.get(&format!("/imports?{query}{cursor}")).await.unwrap();
        let imports = listed["imports"].as_array().unwrap();
        found.extend(imports.iter().map(|import| import["description"].as_str().unwrap().to_owned()));
        match listed["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_found_by_text_state_launcher_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { key_name: "Ann".to_owned(), ..Options::new(folder.path()) };
    let muster = Muster::start(options).await.unwrap();
    let import = async |name: &str, description: &str, csv: &[u8]| {
        let settings = json!({ "file": { "name": name }, "description": description });
        muster.import(csv, settings).await.unwrap()
    };
    let may = import("a.csv", "May survey", b"email\na@b.de\n\n").await;
    let june = import("SURVEY.csv", "June", b"email\nb@b.de\n\n").await;
    let failed = import("c.csv", "Broken survey", b"email\n\"b@b.de\n").await;
    assert_eq!((&may["created_by"], &failed["state"]), (&json!("Ann"), &json!("failed")), "{failed}");
    let undo = muster.post(&format!("/imports/{}/undo", may["id"].as_str().unwrap()), json!({})).await.unwrap();
    let undo = muster.wait_for_end(undo["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(undo["created_by"], "Ann");

    let all = ["Undo of May survey", "Broken survey", "June", "May survey"];
    let moment = |import: &Json| import["created_at"].as_str().unwrap().to_owned();
    let from_june = format!("from={}", moment(&june));
    let to_june = format!("to={}", moment(&june));
    for (query, expected) in [
        ("limit=1", &all[..]),
        ("text=sUrVeY&limit=1", &all[..]),
        ("text=may", &[all[0], all[3]]),
        ("text=may&limit=1&by=ann", &[all[0], all[3]]),
        ("state=failed", &[all[1]]),
        ("by=ben", &[]),
        ("by=&text=&state=", &all[..]),
        (&from_june, &all[..3]),
        (&to_june, &all[2..]),
        (&format!("{from_june}&{to_june}&text=june"), &[all[2]]),
        ("to=2026-01-31", &[]),
        ("from=2026-01-31&limit=3", &all[..]),
    ] {
        assert_eq!(found(&muster, query).await, expected, "{query}");
    }
    for (query, path) in [("state=done", "state"), ("from=yesterday", "from"), ("to=2026-02-30", "to")] {
        let refused = muster.get(&format!("/imports?{query}")).await.unwrap_err().to_string();
        assert!(refused.contains("400"), "{query}: {refused}");
        let client = tests::client::http_with_key(muster.stack.api_key()).unwrap();
        let answer = client.get(format!("{}/imports?{query}", muster.stack.api_url())).send().await.unwrap();
        let body: Json = answer.json().await.unwrap();
        assert_eq!(body["problems"][0]["path"], path, "{body}");
    }
}
