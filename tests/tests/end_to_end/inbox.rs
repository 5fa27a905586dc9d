//! Files that somebody puts into the bucket: each is an import, once.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tests::muster::Muster;

use super::muster;

/// The imports of a key, newest first, once there are so many and all have ended.
async fn imports_of(muster: &Muster, key: &str, count: usize) -> Vec<Json> {
    for _ in 0..600 {
        let listing = muster.get("/imports").await.unwrap();
        let imports = listing["imports"].as_array().unwrap().iter().filter(|import| import["inbox"] == key);
        let found: Vec<Json> = imports.cloned().collect();
        if found.len() >= count && found.iter().all(|import| !import["ended_at"].is_null()) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{count} imports of {key} did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_inbox_is_an_import_with_its_definition_once_for_each_version() {
    let (muster, _folder) = muster().await;
    let settings = json!({ "name": "Shop & more", "columns": { "Nr": "external_id", "Ort": "city" } });
    muster.post("/definitions", settings).await.unwrap();
    let key = "inbox/shop & more/2026/Kunden May.csv";
    muster.drop_into_inbox(key, b"Nr,Ort\n1,Rome\n2,Oslo\n").await.unwrap();
    let first = imports_of(&muster, key, 1).await;
    let import = &first[0];
    assert_eq!((&import["state"], &import["counters"]["created"]), (&json!("completed"), &json!(2)), "{import}");
    assert_eq!((&import["definition"], &import["file"]["name"]), (&json!("Shop & more"), &json!("Kunden May.csv")));

    // The same file again is the same import, and another one under the same key is another import.
    muster.drop_into_inbox(key, b"Nr,Ort\n1,Rome\n2,Oslo\n").await.unwrap();
    muster.drop_into_inbox(key, b"Nr,Ort\n3,Bonn\n").await.unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"Nr,Ort\n4,Kiel\n").unwrap();
    let packed_key = "inbox/Shop & more/a.csv.gz";
    muster.drop_into_inbox(packed_key, &packed.finish().unwrap()).await.unwrap();
    let packed = imports_of(&muster, packed_key, 1).await;
    assert_eq!(
        (&packed[0]["state"], &packed[0]["counters"]["created"]),
        (&json!("completed"), &json!(1)),
        "{packed:?}"
    );
    let both = imports_of(&muster, key, 2).await;
    assert_eq!(both.len(), 2, "{both:?}");
    assert_eq!((&both[0]["counters"]["created"], &both[1]["id"]), (&json!(1), &import["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_a_definition_is_a_failed_import_that_says_so() {
    let (muster, _folder) = muster().await;
    for key in ["inbox/Nobody/a.csv", "inbox/a.csv"] {
        muster.drop_into_inbox(key, b"email\na@b.de\n").await.unwrap();
        let imports = imports_of(&muster, key, 1).await;
        let import = &imports[0];
        assert_eq!((&import["state"], &import["failure"]["code"]), (&json!("failed"), &json!("unknown_definition")));
        assert_eq!(import["counters"]["rows"], 0, "{import}");
    }
    // What stands for a folder is no file.
    muster.drop_into_inbox("inbox/Nobody/", b"").await.ok();
    assert_eq!(muster.get("/imports").await.unwrap()["imports"].as_array().unwrap().len(), 2);
}
