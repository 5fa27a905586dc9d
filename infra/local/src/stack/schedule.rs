//! What runs by the clock: the sweep, and the expiry of items.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsBatchResponse;
use dynoxide::Database;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use super::functions::Handler;
use super::invoke::Runner;

/// The scheduled invocations of the finisher.
#[derive(Clone)]
pub(crate) struct Sweep {
    pub(crate) finisher: Handler<Value, SqsBatchResponse>,
    pub(crate) runner: Arc<Runner>,
}

impl Sweep {
    /// Sweeps once. With zero, every worker that was there before is known to be dead.
    pub(crate) async fn once(&self, stalled: Duration) {
        let event = json!({ "source": "muster.sweep", "stalled_seconds": stalled.as_secs() });
        let finisher = Arc::clone(&self.finisher);
        // A failed sweep is logged by the runner, and the next one tries again.
        let _ = self.runner.invoke("finisher", 1, move |context| finisher(LambdaEvent::new(event, context))).await;
    }

    /// Sweeps again and again.
    pub(crate) async fn run(self, every: Duration, stalled: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            self.once(stalled).await;
        }
    }
}

/// Deletes expired items once a minute; AWS does it within a few days.
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

/// Ticks whose first comes after the first interval.
fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
