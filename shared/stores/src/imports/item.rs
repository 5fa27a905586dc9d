//! An import as an item of the tasks table.
//!
//! Some attributes have names from earlier versions: `announce_at` is when the end is due to be delivered, `seen` and
//! `seen_at` are the sweep's, and `beside_earlier` says whether imports launched earlier were open.

use std::collections::BTreeSet;

use domain::imports::{Counters, Failure, ImportId, State, Trace};
use domain::plan::{BatchNumbers, Wave};
use jiff::Timestamp;

use super::reached::Reached;
use super::table::read_counters;
use crate::dynamo::{Item, read_number, read_numbers, read_text};
use crate::error::StoreError;
use crate::queues::Origin;

/// An import as it is stored: everything about it that changes.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Its state.
    pub state: State,
    /// The forecast that it was launched from: its file is that one's, and so is the check of it.
    pub based_on: Option<ImportId>,
    /// The import that it was launched as, if it is a forecast.
    pub launched_as: Option<ImportId>,
    /// The name of whoever launched it, if they had one.
    pub created_by: Option<String>,
    /// The trace that it belongs to.
    pub trace: Trace,
    /// The key of its object.
    pub object_key: String,
    /// The key of the file in the inbox, if it is one.
    pub inbox: Option<String>,
    /// The ETag that this file had at the launch.
    pub sent_etag: Option<String>,
    /// The id of the multipart upload, if the file is uploaded in parts.
    pub upload_id: Option<String>,
    /// The ETag of the object that is checked: an import never mixes two files.
    pub etag: Option<String>,
    /// The object's length in bytes.
    pub size: Option<u64>,
    /// Rows of the file; known once it is checked.
    pub rows: u64,
    /// How its batches are numbered; known once it is checked.
    pub numbers: BatchNumbers,
    /// Names the plan that its batches belong to; known once it is checked.
    pub plan: u32,
    /// The splitter whose check result holds.
    pub checked_by: Option<String>,
    /// The wave that is under way.
    pub wave: Wave,
    /// Pages of the ledger that are full and added to `counters`.
    pub folded: BTreeSet<u32>,
    /// What the folded pages counted.
    pub counters: Counters,
    /// The file parts whose batches of the wave are all sent.
    pub file_parts_done: BTreeSet<u32>,
    /// Whether every batch of the wave was sent once.
    pub dispatched: bool,
    /// Of an import that was stopped: the batches that may have been half-way then. They are waited for, and no other
    /// batch is applied any more.
    pub settling: Option<BTreeSet<u32>>,
    /// The import that took this one back.
    pub undone_by: Option<ImportId>,
    /// How many times it was retried.
    pub run: u32,
    /// Bytes that the current pass has read.
    pub bytes_done: u64,
    /// The key of the snapshot that the next splitter goes on from.
    pub checkpoint: Option<String>,
    /// When the splitter's lease ends, milliseconds since 1970.
    pub lease_until: u64,
    /// Rejected rows of a million counted ones at which the import is stopped.
    pub max_rejected: Option<u64>,
    /// Whether imports that were launched earlier were open when this one began to import.
    pub earlier_imports_open: bool,
    /// When the upload URL expires.
    pub upload_until: Timestamp,
    /// When the first splitter began on the file.
    pub started_at: Option<Timestamp>,
    /// When it began importing, the first time or again, and the rows that were counted by then.
    pub importing_since: Option<(Timestamp, u64)>,
    /// When the import ended.
    pub ended_at: Option<Timestamp>,
    /// When its end is due to be delivered, in milliseconds since 1970; none before the end and after the delivery.
    pub delivery_due: Option<i64>,
    /// Where its end was delivered already, while it is still due elsewhere.
    pub reached: Reached,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The key of the report.
    pub report: Option<String>,
    /// The key of the results.
    pub results: Option<String>,
    /// How far the import was when the sweep first saw it so, and when that was, in milliseconds since 1970. An import
    /// that does not change for long is stalled.
    pub last_seen: Option<(String, u64)>,
    /// How many times the sweep took it up without seeing progress since.
    pub taken_up: u32,
}

impl Import {
    /// Whether it was stopped and some of its batches may still be half-way: its counters are not final yet.
    pub fn is_stopping(&self) -> bool {
        matches!(self.state, State::Failed | State::Cancelled) && self.ended_at.is_none()
    }

    /// Whether every page of its ledger is added to its counters.
    pub fn is_all_folded(&self) -> bool {
        self.folded.len() == self.numbers.pages() as usize
    }

    /// What its messages carry.
    pub fn origin(&self) -> Origin {
        Origin { import: self.id, trace: self.trace.clone() }
    }
}

pub(super) fn read_import(item: &Item) -> Result<Import, StoreError> {
    let malformed = |name: &'static str| StoreError::malformed("import", name);
    let time = |name: &str| read_text(item, name).and_then(|time| time.parse::<Timestamp>().ok());
    let other = |name: &str| read_text(item, name).and_then(|id| id.parse::<ImportId>().ok());
    let count = |name: &str| read_number(item, name).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
    let id: ImportId = read_text(item, "pk").and_then(|id| id.parse().ok()).ok_or_else(|| malformed("pk"))?;
    Ok(Import {
        id,
        trace: read_text(item, "trace").and_then(Trace::from_header).unwrap_or_else(|| Trace::for_import(id)),
        state: read_text(item, "state").and_then(State::from_word).ok_or_else(|| malformed("state"))?,
        created_by: read_text(item, "created_by").map(ToOwned::to_owned),
        based_on: other("based_on"),
        launched_as: other("launched_as"),
        object_key: read_text(item, "object_key").ok_or_else(|| malformed("object_key"))?.to_owned(),
        inbox: read_text(item, "inbox").map(ToOwned::to_owned),
        sent_etag: read_text(item, "sent_etag").map(ToOwned::to_owned),
        upload_id: read_text(item, "upload_id").map(ToOwned::to_owned),
        etag: read_text(item, "etag").map(ToOwned::to_owned),
        size: read_number(item, "size_bytes"),
        rows: read_number(item, "rows").unwrap_or(0),
        numbers: read_text(item, "batches")
            .map(|json| serde_json::from_str(json).map_err(|_| malformed("batches")))
            .transpose()?
            .unwrap_or_default(),
        plan: count("plan"),
        checked_by: read_text(item, "checked_by").map(ToOwned::to_owned),
        wave: u8::try_from(count("wave")).ok().and_then(|wave| Wave::try_from(wave).ok()).unwrap_or(Wave::FIRST),
        folded: read_numbers(item, "folded"),
        counters: read_counters(item),
        file_parts_done: read_numbers(item, "parts_done"),
        settling: read_text(item, "settling")
            .map(|batches| batches.split_terminator(',').filter_map(|batch| batch.parse().ok()).collect()),
        undone_by: read_text(item, "undone_by").and_then(|id| id.parse().ok()),
        run: count("run"),
        taken_up: count("taken_up"),
        dispatched: item.contains_key("dispatched"),
        bytes_done: read_number(item, "bytes_done").unwrap_or(0),
        checkpoint: read_text(item, "checkpoint").map(ToOwned::to_owned),
        max_rejected: read_number(item, "max_rejected"),
        earlier_imports_open: item.get("beside_earlier").is_some_and(|open| open.as_bool() == Ok(&true)),
        lease_until: read_number(item, "lease_until").unwrap_or(0),
        upload_until: time("upload_until").ok_or_else(|| malformed("upload_until"))?,
        started_at: time("started_at"),
        importing_since: time("importing_since").map(|since| (since, read_number(item, "counted_before").unwrap_or(0))),
        ended_at: time("ended_at"),
        delivery_due: read_number(item, "announce_at").and_then(|at| i64::try_from(at).ok()),
        reached: Reached::read(item),
        failure: read_text(item, "failure")
            .map(|json| serde_json::from_str(json).map_err(|error| StoreError::malformed("failure", error)))
            .transpose()?,
        report: read_text(item, "report").map(ToOwned::to_owned),
        results: read_text(item, "results").map(ToOwned::to_owned),
        last_seen: read_text(item, "seen").map(ToOwned::to_owned).zip(read_number(item, "seen_at")),
    })
}
