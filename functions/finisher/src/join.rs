//! Joining what batches left for a report: the parts of each wave in the order of batches, a few ahead of the one that is
//! used, and the waves merged into file order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use domain::imports::ImportId;
use domain::keys::{ObjectKey, PartOf};
use domain::plan::Wave;
use domain::report::{Line, RowResult, unpack};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use serde::de::DeserializeOwned;
use stores::bucket::Bucket;
use stores::imports::Import;
use stores::{StoreError, Stores};

/// Report parts that are read at once: a store takes tens of milliseconds for each, and a large import has a hundred
/// thousand.
const PARTS_AHEAD: usize = 32;

/// What a report is joined of, row by row.
pub(crate) trait Joined: DeserializeOwned + Send + 'static {
    /// The report that it is of.
    const OF: PartOf;

    /// Its row.
    fn row(&self) -> u64;
}

impl Joined for Line {
    const OF: PartOf = PartOf::Report;

    fn row(&self) -> u64 {
        self.row
    }
}

impl Joined for RowResult {
    const OF: PartOf = PartOf::Results;

    fn row(&self) -> u64 {
        self.row
    }
}

/// The batches that an import counted, each with the revision of the intent that was.
pub(crate) type CountedBatches = Arc<HashMap<u32, u32>>;

/// The batches that an import counted.
pub(crate) async fn counted_batches(stores: &Stores, import: ImportId) -> Result<CountedBatches, StoreError> {
    let revisions = stores.ledger.pages(import).await?.into_iter().flat_map(|page| {
        let revision = move |batch| (batch, page.revisions.get(&batch).copied().unwrap_or(1));
        page.done.into_iter().map(revision)
    });
    Ok(Arc::new(revisions.collect()))
}

/// What the counted batches of an import left for a report, in file order.
pub(crate) struct InFileOrder<'a, T> {
    waves: Vec<ReportParts<'a, T>>,
    /// The wave of the row that is next, by the row that is next in each.
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<'a, T: Joined> InFileOrder<'a, T> {
    pub(crate) async fn new(
        bucket: &'a Bucket,
        import: &Import,
        counted: &CountedBatches,
    ) -> Result<InFileOrder<'a, T>, StoreError> {
        let waves = Wave::all().filter(|wave| import.numbers.of(*wave) > 0);
        let parts = |wave| ReportParts::new(bucket, import.id, Arc::clone(counted), import.numbers.numbers_of(wave));
        let mut waves: Vec<ReportParts<'a, T>> = waves.map(parts).collect();
        let mut next = BinaryHeap::new();
        for (wave, parts) in waves.iter_mut().enumerate() {
            next.extend(parts.peek().await?.map(|row| Reverse((row, wave))));
        }
        Ok(Self { waves, next })
    }

    /// What was left of the next row.
    pub(crate) async fn next(&mut self) -> Result<Option<T>, StoreError> {
        let Some(Reverse((_, wave))) = self.next.pop() else { return Ok(None) };
        let row = self.waves[wave].take();
        self.next.extend(self.waves[wave].peek().await?.map(|row| Reverse((row, wave))));
        Ok(row)
    }
}

/// The parts of one wave, in the order of their batches; the next ones are read while one is used.
struct ReportParts<'a, T> {
    bucket: &'a Bucket,
    import: ImportId,
    counted: CountedBatches,
    /// The key after which the listing goes on.
    after: Option<String>,
    /// The first batch number that is not of this wave.
    until: u32,
    keys: VecDeque<String>,
    is_listed: bool,
    ahead: FuturesOrdered<BoxFuture<'a, Result<Vec<T>, StoreError>>>,
    rows: VecDeque<T>,
}

impl<'a, T: Joined> ReportParts<'a, T> {
    /// The parts of the batches of these numbers.
    fn new(bucket: &'a Bucket, import: ImportId, counted: CountedBatches, batches: Range<u32>) -> Self {
        Self {
            bucket,
            import,
            counted,
            after: Some(ObjectKey::before_report_parts_of(import, T::OF, batches.start)),
            until: batches.end,
            keys: VecDeque::new(),
            is_listed: false,
            ahead: FuturesOrdered::new(),
            rows: VecDeque::new(),
        }
    }

    /// The number of the row that is next.
    async fn peek(&mut self) -> Result<Option<u64>, StoreError> {
        while self.rows.is_empty() {
            self.read_ahead().await?;
            match self.ahead.next().await {
                Some(rows) => self.rows = rows?.into(),
                None => return Ok(None),
            }
        }
        Ok(self.rows.front().map(T::row))
    }

    /// What was left of the row that is next.
    fn take(&mut self) -> Option<T> {
        self.rows.pop_front()
    }

    /// Begins to read parts, as many as may be read at once.
    async fn read_ahead(&mut self) -> Result<(), StoreError> {
        let prefix = ObjectKey::report_parts(self.import, T::OF);
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

async fn read<T: Joined>(bucket: &Bucket, key: String) -> Result<Vec<T>, StoreError> {
    let bytes = bucket.get(&key).await?;
    unpack(&bytes).ok_or_else(|| StoreError::malformed("report part", "its form is that of another version"))
}
