//! The tables: `dynoxide` over one SQLite file, called inside the process. They have no port: whoever is outside comes
//! through the gateway.
//!
//! SQLite runs in WAL mode with `synchronous = NORMAL`: a write does not wait for the disk, and still a killed process
//! loses nothing. `dynoxide` runs each call to its end behind one lock. On a thread of its own it does not block the
//! threads of the functions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use bytes::Bytes;
use dynoxide::Database;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::table_operations::run;

/// The running tables; dropping them stops them.
#[derive(Debug)]
pub(crate) struct Tables {
    caller: Caller,
    thread: Option<JoinHandle<()>>,
}

/// Calls the tables.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Sender<Work>);

#[derive(Debug)]
enum Work {
    Call(Call),
    Stop,
}

/// A call and the channel for its answer.
#[derive(Debug)]
struct Call {
    operation: String,
    body: Bytes,
    caller: oneshot::Sender<Answer>,
}

/// What the tables answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The tables have stopped.
#[derive(Debug, thiserror::Error)]
#[error("the tables have stopped, because Muster ends")]
pub(crate) struct Stopped;

impl Tables {
    /// Opens the file.
    pub(crate) fn open(file: &Path) -> Result<(Tables, Database), Error> {
        let path = file.to_string_lossy().into_owned();
        let broken = |error: &dyn std::fmt::Display| Error::Tables(error.to_string());
        let database = Database::new(&path).map_err(|error| broken(&error))?;
        // When bulk loading ends, dynoxide sets `synchronous = NORMAL`. So this holds whatever flags SQLite was
        // compiled with; .cargo/config.toml asks for the same at compile time.
        database.disable_bulk_loading().map_err(|error| broken(&error))?;
        let (send, receive) = channel();
        let served = database.clone();
        let thread = std::thread::Builder::new()
            .name("tables".to_owned())
            .spawn(move || serve(&receive, &served))
            .map_err(|error| broken(&error))?;
        Ok((Tables { caller: Caller(send), thread: Some(thread) }, database))
    }

    /// What calls them.
    pub(crate) fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Stops them and waits until the file is closed.
    pub(crate) async fn stop(mut self) {
        self.end();
        if let Some(thread) = self.thread.take() {
            // The thread ends as soon as the calls before have ended.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn end(&self) {
        // Without a receiver the thread has ended already.
        let _ = self.caller.0.send(Work::Stop);
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        self.end();
    }
}

impl Caller {
    /// Runs an operation and waits for its answer.
    pub(crate) async fn call(&self, operation: &str, body: Bytes) -> Result<Answer, Stopped> {
        let (caller, answer) = oneshot::channel();
        let call = Call { operation: operation.to_owned(), body, caller };
        self.0.send(Work::Call(call)).map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }
}

fn serve(work: &Receiver<Work>, database: &Database) {
    while let Ok(Work::Call(Call { operation, body, caller })) = work.recv() {
        // Whoever was killed or gave up before its turn wants nothing done any more.
        if caller.is_closed() {
            continue;
        }
        let answer = match std::str::from_utf8(&body) {
            Ok(body) => catch_unwind(AssertUnwindSafe(|| run(database, &operation, body))).unwrap_or_else(|_| {
                tracing::error!(operation, "the tables panicked");
                (500, r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#.to_owned())
            }),
            Err(_) => (400, r#"{"__type":"com.amazon.coral.service#SerializationException"}"#.to_owned()),
        };
        // It may have been killed while its call ran.
        let _ = caller.send(Answer { status: answer.0, body: answer.1 });
    }
}
