//! Small servers on loopback that stand in for a deployment's functions, its object store, and a proxy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path with its query; for a proxy the whole URL.
    pub(crate) target: String,
    /// Each header in its order, with its name in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }
}

/// A server, and what it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// A server that answers each request with what `answer` makes of it; with nothing, it breaks the connection off.
    pub(crate) async fn start(answer: impl Fn(&Request) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), asked: Arc::default() };
        let (asked, answer) = (Arc::clone(&server.asked), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut connection = BufReader::new(connection);
                    // A client that opens a connection and uses another leaves this one empty.
                    let Some(request) = read(&mut connection).await else { return };
                    asked.lock().unwrap().push(request.clone());
                    if let Some(answer) = answer(&request) {
                        // A client that has given up does not read the answer.
                        let _ = connection.write_all(answer.as_bytes()).await;
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// The same as lines such as `GET /imports`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
    }

    /// How often each line was asked.
    #[allow(dead_code, reason = "not every test counts")]
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        self.lines().into_iter().fold(BTreeMap::new(), |mut counts, line| {
            *counts.entry(line).or_default() += 1;
            counts
        })
    }
}

async fn read(connection: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    connection.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, target, headers, body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

/// An answer with a status such as `200 OK`, header lines that each end in `\r\n`, and a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Option<String> {
    let length = body.len();
    Some(format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"))
}

/// An answer that sends the client to another URL for good.
#[allow(dead_code, reason = "not every test redirects")]
pub(crate) fn moved(location: &str) -> Option<String> {
    answer("308 Permanent Redirect", &format!("location: {location}\r\n"), "")
}
