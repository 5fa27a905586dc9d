//! The invocation on whose behalf a call is made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use super::faults::{CallFault, Faults};

tokio::task_local! {
    /// The invocation that the current future belongs to. Every call of an SDK client looks it up.
    static INVOCATION: Arc<Invocation>;
}

/// A running invocation of a function, as its calls see it.
#[derive(Debug)]
pub(crate) struct Invocation {
    function: Arc<str>,
    number: u64,
    receives: u32,
    calls: AtomicU64,
    is_killed: AtomicBool,
    kill_signal: Notify,
}

impl Invocation {
    /// Invocation `number` of a function, for messages that were received `receives` times at most.
    pub(crate) fn new(function: Arc<str>, number: u64, receives: u32) -> Invocation {
        Invocation {
            function,
            number,
            receives,
            calls: AtomicU64::new(0),
            is_killed: AtomicBool::new(false),
            kill_signal: Notify::new(),
        }
    }

    /// Runs a future in which [`Invocation::current`] finds this invocation.
    pub(crate) fn scope<F: Future>(self: Arc<Invocation>, future: F) -> impl Future<Output = F::Output> {
        INVOCATION.scope(self, future)
    }

    /// The invocation that the current future belongs to, if it belongs to one.
    pub(crate) fn current() -> Option<Arc<Invocation>> {
        INVOCATION.try_with(Arc::clone).ok()
    }

    pub(crate) fn function(&self) -> &str {
        &self.function
    }

    /// The fault that the next call suffers.
    pub(crate) fn next_fault(&self, faults: &Faults) -> Option<CallFault> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        faults.call(&self.function, self.number, call, self.receives)
    }

    /// Kills the invocation. It never returns: whoever runs the invocation drops its future.
    pub(crate) async fn kill<T>(&self) -> T {
        self.is_killed.store(true, Ordering::Release);
        self.kill_signal.notify_one();
        std::future::pending().await
    }

    /// Returns once the invocation is killed.
    pub(crate) async fn killed(&self) {
        self.kill_signal.notified().await;
    }

    /// Whether the invocation was killed. None of its calls may begin after that.
    pub(crate) fn is_killed(&self) -> bool {
        self.is_killed.load(Ordering::Acquire)
    }
}
