//! As much of a cluster as Helm asks when a template looks for a Secret.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// It answers until it is dropped.
pub(super) struct ApiServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ApiServer {
    /// A cluster with this Secret, or without any.
    #[expect(
        clippy::disallowed_methods,
        reason = "it answers while the test waits for Helm; dropping it joins it"
    )]
    pub(super) fn start(secret: Option<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if until.load(Ordering::Acquire) {
                    break;
                }
                serve(&stream.unwrap(), secret.as_ref());
            }
        });
        Self { address, is_over, thread: Some(thread) }
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // It looks at the flag when somebody comes.
        drop(TcpStream::connect(self.address));
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the server of the API failed");
    }
}

/// One request for each connection.
fn serve(mut stream: &TcpStream, secret: Option<&Value>) {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    while lines.next().is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = answer(path, secret);
    let body = body.to_string();
    let length = body.len();
    let head = "Content-Type: application/json\r\nConnection: close";
    let response = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
    // Whoever has gone meanwhile needs no answer.
    drop(stream.write_all(response.as_bytes()));
}

fn answer(path: &str, secret: Option<&Value>) -> (&'static str, Value) {
    let resource = json!({"name": "secrets", "singularName": "secret", "namespaced": true, "kind": "Secret",
        "verbs": ["get"]});
    let path = path.split('?').next().unwrap_or_default();
    let is_secret = path == "/api/v1/namespaces/default/secrets/demo-ny-power-password";
    match secret {
        _ if path == "/api/v1" => {
            ("200 OK", json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [resource]}))
        }
        Some(secret) if is_secret => ("200 OK", secret.clone()),
        _ => (
            "404 Not Found",
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}),
        ),
    }
}
