//! What is looked at once more behind a counted batch: the traces of a worker that died over it, and what a late worker of
//! an import wrote while that was taken back.

use std::time::Duration;

use domain::imports::ImportId;
use domain::messages::{BatchMessage, Message};
use domain::plan::BatchRecords;
use domain::undo::decide_undo;
use steps::{batch_records, former_of};
use stores::imports::{Import, Setup};

use crate::attempt::DECISIONS;
use crate::undo::{decided_on, foreign_feeds};
use crate::{BatchError, RowProcessor};

/// After this time no worker runs any more that ran before it: twice the timeout of the function.
const WORKERS_GONE: Duration = Duration::from_secs(120);

