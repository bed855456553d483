//! What each key of the http sink does, by what a server is asked and what the sink counts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::monitoring::Watched;
use crate::program::Program;
use crate::rpc_keys::{conf, silent};

/// A server that gives these answers, the last one again and again.
struct Web {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone)]
struct Request {
    head: String,
    body: String,
}

impl Web {
    #[expect(clippy::disallowed_methods, reason = "a server beside the program, which ends with the tests")]
    fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        // One connection after the other; who is killed is none.
        let serve = move || {
            let connections = listener.incoming().map_while(Result::ok);
            connections.for_each(|stream| answer(stream, statuses, &seen));
        };
        thread::spawn(serve);
        Self { port, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// An agent that posts the numbers from 0.
    fn posts(&self, count: usize, keys: &str) -> Watched {
        let endpoint = format!("type = http\nendpoint = http://127.0.0.1:{}/a/b?c=d", self.port);
        let source = format!("type = seq\ntotalEvents = {count}");
        Watched::start(&conf(&source, &format!("{endpoint}\n{keys}")), &[])
    }
}

/// Until the peer leaves.
fn answer(mut stream: TcpStream, statuses: &[u16], seen: &Mutex<Vec<Request>>) {
    while let Some(request) = read(&stream) {
        let mut seen = seen.lock().unwrap();
        let status = statuses[seen.len().min(statuses.len() - 1)];
        seen.push(request);
        drop(seen);
        if write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.to_ascii_lowercase().split_once("content-length: ")?.1.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).unwrap() })
}

/// Waits until as many events are delivered.
fn delivers(near: &Watched, count: u64) {
    near.program.until("the deliveries", || {
        let numbers: Value = serde_json::from_str(&near.get("/metrics.json")).unwrap();
        numbers["SINK.k1"]["DeliveredCount"] == count
    });
}

#[test]
fn a_request_is_what_the_keys_say() {
    for (keys, lines) in [
        ("", ["content-type: text/plain", "accept: text/plain"]),
        ("contentTypeHeader = application/json", ["content-type: application/json", "accept: text/plain"]),
        ("acceptHeader = text/html, */*", ["content-type: text/plain", "accept: text/html, */*"]),
    ] {
        let web = Web::answering(&[200]);
        let mut near = web.posts(1, &format!("rollback.2XX = false\n{keys}"));
        delivers(&near, 1);
        let Request { head, body } = web.requests().remove(0);
        assert!(head.starts_with("POST /a/b?c=d HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("host: 127.0.0.1:{}\r\n", web.port)), "{head}");
        assert!(lines.iter().all(|line| head.contains(&format!("\r\n{line}\r\n"))), "{keys}: {head}");
        assert_eq!(body, "0");
        near.program.stop();
    }
}

#[test]
fn an_endpoint_that_is_none_keeps_the_agent_from_starting() {
    let mut near = Program::start(&conf("type = seq", "type = http\nendpoint = ftp://h/"), &[]);
    assert_eq!(near.wait(), 3, "{}", near.log());
    assert!(near.log().contains("`ftp://h/` is no endpoint"), "{}", near.log());
}

#[test]
fn a_server_has_the_time_of_the_keys() {
    for (keys, scheme, said) in [
        ("requestTimeout = 150", "http", "did not answer within 150ms"),
        // There is nobody to shake hands with.
        ("connectTimeout = 150", "https", "did not accept a connection within 150ms"),
    ] {
        let (_listener, port) = silent();
        let sink = format!("type = http\nendpoint = {scheme}://localhost:{port}/\n{keys}");
        let near = Program::start(&conf("type = seq\ntotalEvents = 1", &sink), &[]);
        near.until(said, || near.log().contains(said));
    }
}

#[test]
fn what_rolls_back_is_sent_again() {
    let table: [(&str, &'static [u16], &[&str]); 7] = [
        ("", &[200], &["0", "0", "0"]),
        ("defaultRollback = true", &[500], &["0", "0", "0"]),
        ("defaultRollback = false", &[500], &["0", "1", "2"]),
        ("rollback.200 = false", &[204, 200], &["0", "0", "1", "2"]),
        ("rollback.2XX = false", &[500, 204, 200], &["0", "0", "1", "2"]),
        ("rollback.2XX = false\nrollback.204 = true", &[204, 200], &["0", "0", "1", "2"]),
        (
            "defaultRollback = false\nrollback.5XX = true\nrollback.503 = false",
            &[500, 503],
            &["0", "0", "1", "2"],
        ),
    ];
    for (keys, statuses, expected) in table {
        let web = Web::answering(statuses);
        let near = web.posts(3, &format!("defaultBackoff = false\n{keys}"));
        near.program.until(keys, || web.requests().len() >= expected.len());
        let bodies: Vec<String> = web.requests().into_iter().map(|request| request.body).collect();
        assert_eq!(bodies[..expected.len()], *expected, "{keys}");
    }
}

#[test]
fn what_backs_off_is_a_failure_of_the_sink() {
    for (keys, failures) in [
        ("", 1),
        ("defaultBackoff = true", 1),
        ("defaultBackoff = false", 0),
        ("backoff.500 = false", 0),
        ("backoff.5XX = false", 0),
        ("defaultBackoff = false\nbackoff.5XX = true", 1),
        ("backoff.5XX = false\nbackoff.500 = true", 1),
    ] {
        let web = Web::answering(&[500, 200]);
        let mut near = web.posts(1, &format!("rollback.200 = false\n{keys}"));
        delivers(&near, 1);
        assert_eq!(near.count("SINK.k1", "EventWriteFail"), failures, "{keys}");
        assert_eq!(web.requests().len(), 2, "{keys}");
        near.program.stop();
    }
}

#[test]
fn answers_count_as_successes_where_the_keys_say_so() {
    let table: [(&str, &'static [u16], u64); 6] = [
        ("", &[200], 0),
        ("defaultIncrementMetrics = true", &[200], 3),
        ("defaultIncrementMetrics = true", &[500, 200], 4),
        ("incrementMetrics.200 = true", &[500, 200, 204, 200], 2),
        ("incrementMetrics.2XX = true", &[500, 200, 204], 3),
        ("defaultIncrementMetrics = true\nincrementMetrics.5XX = false", &[500, 200], 3),
    ];
    for (keys, statuses, expected) in table {
        let web = Web::answering(statuses);
        let mut near = web.posts(3, &format!("rollback.2XX = false\ndefaultBackoff = false\n{keys}"));
        delivers(&near, 3);
        assert_eq!(near.count("SINK.k1", "EventDrainSuccessCount"), expected, "{keys}");
        near.program.stop();
    }
}
