//! HTTP servers on loopback ports.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::io::Errno;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::answers::Body;
use crate::error::Error;

/// How long a connection may take to send the head of a request, or stay silent between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Most connections of one port. More wait until one of these ends.
const MOST_CONNECTIONS: usize = 512;

/// Opens a port that only this machine can reach. With 0, any free port is taken.
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, u16), Error> {
    let failed = |source| Error::Listen { port, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok((listener, port))
}

/// Answers every request of every connection. All connections end when this future is dropped.
pub(crate) async fn serve<A, F>(listener: TcpListener, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
{
    serve_within(listener, HEAD_WITHIN, answer).await;
}

async fn serve_within<A, F>(listener: TcpListener, head_within: Duration, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    // Small answers are sent at once, and not collected into larger packets.
                    let _ = stream.set_nodelay(true);
                    let answer = answer.clone();
                    connections.spawn(async move {
                        let mut server = http1::Builder::new();
                        server.timer(TokioTimer::new()).header_read_timeout(head_within);
                        let served = server.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
                        if let Err(error) = served {
                            tracing::debug!("a connection ended: {error}");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {}", unaccepted(&error));
                    // Most likely there are too many open files. Wait a moment for some of them to be closed.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Why a connection was not accepted, and what to do about it.
fn unaccepted(error: &io::Error) -> String {
    if [Errno::MFILE, Errno::NFILE].iter().any(|full| error.raw_os_error() == Some(full.raw_os_error())) {
        return "too many files are open: raise the limit with `ulimit -n 4096` before `muster up`".to_owned();
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::answers::full;

    #[tokio::test]
    async fn a_connection_that_never_sends_a_whole_head_is_closed_and_others_are_answered() {
        let (listener, port) = bind(0).await.unwrap();
        let answer = |_| async { Ok(Response::new(full("here"))) };
        let server = tokio::spawn(serve_within(listener, Duration::from_millis(100), answer));
        for begun in ["", "GET / HTTP/1.1\r\nHost: "] {
            let mut slow = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            slow.write_all(begun.as_bytes()).await.unwrap();
            let mut quick = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            quick.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
            let mut answered = String::new();
            quick.read_to_string(&mut answered).await.unwrap();
            assert!(answered.ends_with("here"), "{answered}");
            // The read ends when the server closes the connection, with or without an answer that says so.
            let mut left = Vec::new();
            let closed = slow.read_to_end(&mut left).await;
            assert!(closed.is_err() || left.is_empty() || left.starts_with(b"HTTP/1.1 408"), "{left:?}");
        }
        server.abort();
    }

    #[test]
    fn too_many_open_files_are_a_sentence_with_a_cure() {
        assert!(unaccepted(&io::Error::from_raw_os_error(Errno::MFILE.raw_os_error())).contains("ulimit -n"));
    }
}
