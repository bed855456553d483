//! A server that says what a test has it say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Clock, TaskSet};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What one request is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then nothing, without an end.
    Stall(Vec<u8>),
    /// These bytes, then more of the last one without end.
    Endless(Vec<u8>),
}

/// A head and a body of the right length.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    Reply::Bytes([text.as_bytes(), b"\r\n", body].concat())
}

/// Answers each request with the next reply, and all later ones with the last.
pub(crate) struct ScriptedServer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    _tasks: TaskSet<()>,
}

#[derive(Default)]
struct Shared {
    replies: VecDeque<Reply>,
    requests: Vec<String>,
}

impl ScriptedServer {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared =
            Arc::new(Mutex::new(Shared { replies: replies.into_iter().collect(), requests: vec![] }));
        let mut tasks = TaskSet::new();
        tasks.spawn("server", serve(listener, Arc::clone(&shared)));
        Self { port, shared, _tasks: tasks }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What was asked until now: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.lock().unwrap().requests.clone()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    let mut connections = TaskSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn("connection", converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let Some(request) = request(&mut stream).await else { return };
    let reply = {
        let mut shared = shared.lock().unwrap();
        shared.requests.push(request);
        if shared.replies.len() > 1 { shared.replies.pop_front() } else { shared.replies.front().cloned() }
    };
    match reply.unwrap() {
        Reply::Bytes(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Stall(bytes) => {
            drop(stream.write_all(&bytes).await);
            Clock::system().sleep(Duration::from_hours(1)).await;
        }
        Reply::Endless(bytes) => {
            drop(stream.write_all(&bytes).await);
            let more = vec![bytes.last().copied().unwrap_or_default(); 64 * 1024];
            while stream.write_all(&more).await.is_ok() {}
        }
    }
}

/// `None` when the client goes away on the way.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text.into_owned());
        }
    }
}
