//! The tables: `dynoxide` over one SQLite file, answering on its own port and its own thread.
//!
//! SQLite runs in WAL mode with `synchronous = NORMAL`: a killed process loses nothing, and a write does not wait for
//! the disk. The engine runs each request to its end on the thread that took it, behind one lock, so it has a thread
//! to itself and never blocks the functions'.

use std::path::Path;
use std::thread::JoinHandle;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Error;

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
        // The end of bulk loading is where dynoxide sets `synchronous = NORMAL`: this holds whatever flags SQLite was
        // compiled with (see .cargo/config.toml, which says the same at compile time).
        database.disable_bulk_loading().map_err(|error| broken(&error))?;

        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(Error::Listen)?;
        listener.set_nonblocking(true).map_err(Error::Listen)?;
        let port = listener.local_addr().map_err(Error::Listen)?.port();
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        let thread = std::thread::Builder::new()
            .name("tables".to_owned())
            .spawn(move || serve(listener, served, stopped))
            .map_err(Error::Listen)?;
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
            // The thread ends when the last running request has.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn serve(listener: std::net::TcpListener, database: Database, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!("the tables cannot be served: {error}"),
    };
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let serve = dynoxide::server::serve_with_shutdown(listener, database, std::future::pending());
        tokio::select! {
            served = serve => served,
            // The sender is dropped to stop; every request ran to its end in one go, so none is cut in half.
            _ = stopped => Ok(()),
        }
    });
    if let Err(error) = served {
        tracing::error!("the tables stopped: {error}");
    }
}
