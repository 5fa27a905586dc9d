//! The tables: `dynoxide` over one SQLite file. It answers on a port and a thread of its own.
//!
//! SQLite runs in WAL mode with `synchronous = NORMAL`: a write does not wait for the disk, and still a killed process
//! loses nothing. `dynoxide` runs each request to its end on the thread that accepted it, behind one lock. On a thread
//! of its own it does not block the threads of the functions.

use std::path::Path;
use std::thread::JoinHandle;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::error::Error;

/// The running tables; dropping them stops them.
#[derive(Debug)]
pub(crate) struct Tables {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tables {
    /// Opens the file and serves it.
    pub(crate) async fn open(file: &Path) -> Result<(Tables, Database), Error> {
        let path = file.to_string_lossy().into_owned();
        let broken = |error: &dyn std::fmt::Display| Error::Tables(error.to_string());
        let database = Database::new(&path).map_err(|error| broken(&error))?;
        // When bulk loading ends, dynoxide sets `synchronous = NORMAL`. So this holds whatever flags SQLite was
        // compiled with; .cargo/config.toml asks for the same at compile time.
        database.disable_bulk_loading().map_err(|error| broken(&error))?;

        let failed = |source| Error::Listen { port: 0, source };
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        let thread = std::thread::Builder::new()
            .name("tables".to_owned())
            .spawn(move || serve(listener, served, stopped))
            .map_err(failed)?;
        Ok((Tables { port, stop: Some(stop), thread: Some(thread) }, database))
    }

    /// Where the tables answer.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Stops serving and waits until the file is closed.
    pub(crate) async fn stop(mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The thread ends as soon as its running request has ended.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn serve(listener: std::net::TcpListener, database: Database, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!("the tables could not be served: {error}"),
    };
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let serve = dynoxide::server::serve_with_shutdown(listener, database, std::future::pending());
        tokio::select! {
            served = serve => served,
            // Dropping the sender stops the server. A request runs to its end without a pause, so none is cut in half.
            _ = stopped => Ok(()),
        }
    });
    if let Err(error) = served {
        tracing::error!("the tables stopped: {error}");
    }
}
