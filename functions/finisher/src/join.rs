//! Reading the report parts that batches left, a few ahead of the one that is used.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::report::{Line, unpack};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use stores::StoreError;
use stores::bucket::Bucket;

/// Report parts that are read at once: a store takes tens of milliseconds for each, and a large import has a hundred
/// thousand.
const PARTS_AHEAD: usize = 32;

/// The report parts of one wave, in the order of their batches; the next ones are read while one is used.
pub(crate) struct ReportParts<'a> {
    bucket: &'a Bucket,
    import: ImportId,
    /// The batches that are counted, each with the revision of the intent that was.
    counted: Arc<HashMap<u32, u32>>,
    /// The key after which the listing goes on.
    after: Option<String>,
    /// The first batch number that is not of this wave.
    until: u32,
    keys: VecDeque<String>,
    is_listed: bool,
    ahead: FuturesOrdered<BoxFuture<'a, Result<Vec<Line>, StoreError>>>,
    lines: VecDeque<Line>,
}

impl<'a> ReportParts<'a> {
    /// The report parts of the batches of these numbers.
    pub(crate) fn new(
        bucket: &'a Bucket,
        import: ImportId,
        counted: Arc<HashMap<u32, u32>>,
        batches: Range<u32>,
    ) -> Self {
        Self {
            bucket,
            import,
            counted,
            after: Some(ObjectKey::before_report_parts_of(import, batches.start)),
            until: batches.end,
            keys: VecDeque::new(),
            is_listed: false,
            ahead: FuturesOrdered::new(),
            lines: VecDeque::new(),
        }
    }

    /// The row of the next line.
    pub(crate) async fn peek(&mut self) -> Result<Option<u64>, StoreError> {
        while self.lines.is_empty() {
            self.read_ahead().await?;
            match self.ahead.next().await {
                Some(lines) => self.lines = lines?.into(),
                None => return Ok(None),
            }
        }
        Ok(self.lines.front().map(|line| line.row))
    }

    /// The next line.
    pub(crate) fn take(&mut self) -> Option<Line> {
        self.lines.pop_front()
    }

    /// Begins to read report parts, as many as may be read at once.
    async fn read_ahead(&mut self) -> Result<(), StoreError> {
        let prefix = ObjectKey::report_parts(self.import);
        while self.ahead.len() < PARTS_AHEAD {
            let Some(key) = self.keys.pop_front() else {
                if self.is_listed {
                    return Ok(());
                }
                self.keys = self.bucket.list(&prefix, self.after.as_deref()).await?.into();
                self.is_listed = self.keys.is_empty();
                self.after = self.keys.back().cloned().or(self.after.take());
                continue;
            };
            let Some(ObjectKey::ReportPart { batch, revision, .. }) = ObjectKey::parse(&key) else { continue };
            if batch >= self.until {
                self.is_listed = true;
                self.keys.clear();
            } else if self.counted.get(&batch) == Some(&revision) {
                self.ahead.push_back(Box::pin(read(self.bucket, key)));
            }
        }
        Ok(())
    }
}

async fn read(bucket: &Bucket, key: String) -> Result<Vec<Line>, StoreError> {
    let bytes = bucket.get(&key).await?;
    unpack(&bytes).ok_or_else(|| StoreError::malformed("report part", "its form is that of another version"))
}
