//! What the clock starts: the sweep, and the deletion of expired items and objects.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsBatchResponse;
use dynoxide::Database;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use super::functions::Handler;
use super::runner::Runner;
use crate::services::objects::lifecycle::Lifecycle;

/// The scheduled invocations of the finisher, which look for imports that make no progress.
#[derive(Clone)]
pub(crate) struct Sweep {
    pub(crate) finisher: Handler<Value, SqsBatchResponse>,
    pub(crate) runner: Arc<Runner>,
}

impl Sweep {
    /// Sweeps once. An import must have made no progress for `stalled`; zero says that no worker is left and every open
    /// import is taken up at once.
    pub(crate) async fn once(&self, stalled: Duration) {
        let event = json!({ "source": "muster.sweep", "stalled_seconds": stalled.as_secs() });
        let finisher = Arc::clone(&self.finisher);
        // If it fails, the runner logs it and the next sweep tries again.
        let _ = self.runner.invoke("finisher", 1, move |context| finisher(LambdaEvent::new(event, context))).await;
    }

    /// Sweeps at regular intervals, until dropped.
    pub(crate) async fn run(self, every: Duration, stalled: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            self.once(stalled).await;
        }
    }
}

/// Deletes expired items once a minute. On AWS that takes up to a few days.
pub(crate) async fn expire(database: Database) {
    let mut ticks = ticks(Duration::from_secs(60));
    loop {
        ticks.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("expired items were not deleted: {error}"),
            Err(error) => tracing::warn!("expired items were not deleted: {error}"),
        }
    }
}

/// Removes objects as the bucket's lifecycle says: at the start and each hour. On AWS that happens once a day.
pub(crate) async fn remove_old_objects(lifecycle: Lifecycle) {
    let mut ticks = tokio::time::interval(Duration::from_secs(3600));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let lifecycle = lifecycle.clone();
        match tokio::task::spawn_blocking(move || lifecycle.sweep(SystemTime::now())).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("expired objects were not removed: {error}"),
            Err(error) => tracing::warn!("expired objects were not removed: {error}"),
        }
    }
}

/// A clock whose first tick comes after one interval.
pub(crate) fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
