//! The deployment's definition, until infra/template.yaml is there to be read.

use std::time::Duration;

use super::resources::{Bucket, Definition, Index, Key, Mapping, Notification, Queue, Redrive, Schedule, Table};

/// What infra/template.yaml defines, for a stack of a name.
pub fn definition(stack: &str) -> Definition {
    let name = |suffix: &str| format!("{stack}-{suffix}");
    let key = |hash: &str, range: Option<&str>| Key { hash: hash.to_owned(), range: range.map(str::to_owned) };
    let table =
        |suffix: &str, range| Table { name: name(suffix), key: key("pk", range), indexes: vec![], expires: None };
    let index = |attribute: &str, index: &str| Index { name: index.to_owned(), key: key(attribute, Some("pk")) };
    let queue = |suffix: &str, seconds, dead: Option<&str>| Queue {
        name: name(suffix),
        visibility: Duration::from_secs(seconds),
        retention: None,
        redrive: dead.map(|dead| Redrive { queue: name(dead), max_receives: 5 }),
    };
    let mapping = |suffix: &str, function: &str, batch_size, concurrency| Mapping {
        queue: name(suffix),
        function: function.to_owned(),
        batch_size,
        window: Duration::ZERO,
        concurrency,
    };
    Definition {
        bucket: Bucket {
            name: name("files"),
            notifications: vec![Notification { prefix: "uploads/".to_owned(), queue: name("split") }],
        },
        tables: vec![
            Table {
                indexes: vec![index("list", "by_launch"), index("open", "open")],
                expires: Some("expires".to_owned()),
                ..table("tasks", Some("sk"))
            },
            table("customers", Some("sk")),
            table("segments", Some("sk")),
            table("identities", None),
        ],
        queues: vec![
            queue("split-dlq", 1800, None),
            queue("rows-dlq", 1800, None),
            queue("finish-dlq", 1800, None),
            queue("split", 5400, Some("split-dlq")),
            queue("rows", 360, Some("rows-dlq")),
            queue("finish", 1800, Some("finish-dlq")),
        ],
        mappings: vec![
            mapping("split", "splitter", 1, None),
            mapping("rows", "row-processor", 5, Some(10)),
            mapping("finish", "finisher", 1, None),
            mapping("rows-dlq", "finisher", 1, None),
            mapping("split-dlq", "finisher", 1, None),
        ],
        schedules: vec![Schedule {
            function: "finisher".to_owned(),
            every: Duration::from_secs(300),
            input: serde_json::json!({ "source": "muster.sweep", "stalled_seconds": 300 }),
        }],
    }
}
