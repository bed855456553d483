use std::time::Duration;

use flowcore_net::http::{BlobHandler, HttpHandler};
use flowcore_net::{HttpConfig, HttpSource};
use flowcore_testkit::{Random, until};
use tokio::net::TcpStream;

use crate::drive::{Driven, rest, send};

fn config() -> HttpConfig {
    HttpConfig::new(0).bind("127.0.0.1")
}

async fn http(config: HttpConfig, room: usize) -> Driven {
    let source = HttpSource::new(config);
    let addresses = source.addresses();
    Driven::with_room(source, addresses, room).await
}

fn request(method: &str, target: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The status and the text of the answer.
async fn answer(stream: &mut TcpStream) -> (u16, String) {
    let answer = rest(stream).await;
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    (head[9..12].parse().unwrap(), text.to_owned())
}

async fn ask(driven: &Driven, request: &[u8]) -> (u16, String) {
    let mut stream = driven.connect().await;
    send(&mut stream, request).await;
    answer(&mut stream).await
}

async fn post(driven: &Driven, body: &str) -> (u16, String) {
    ask(driven, &request("POST", "/any/path", "", body.as_bytes())).await
}

#[tokio::test]
async fn events_in_json_are_in_the_channel_when_the_answer_is_200() {
    let driven = http(config(), 100).await;
    let body = r#"[{"headers":{"a":"1"},"body":"one"},{"body":"two"}]"#;
    assert_eq!(post(&driven, body).await, (200, String::new()));
    assert_eq!(driven.waiting(), 2);
    assert_eq!(ask(&driven, &request("GET", "/", "", b"[{}]")).await.0, 200, "GET is as POST");
    let events = driven.events(3).await;
    assert_eq!((&events[0].body[..], events[0].headers.get("a")), (&b"one"[..], Some("1")));
    assert_eq!((&events[1].body[..], &events[2].body[..]), (&b"two"[..], &b""[..]));
    driven.stop().await;
}

#[tokio::test]
async fn what_is_the_senders_fault_is_said_and_nothing_is_put() {
    let driven = http(config().max_body_bytes(40).max_events(2), 100).await;
    let invalid = "Bad request from client. Request has invalid JSON Syntax.";
    assert_eq!(post(&driven, "[{").await, (400, invalid.to_owned()));
    assert_eq!(post(&driven, "").await.0, 400);
    assert_eq!(post(&driven, "{}").await.0, 400);
    assert_eq!(post(&driven, "[{},{},{}]").await.0, 413);
    assert_eq!(post(&driven, &" ".repeat(41)).await.0, 413);
    let latin = request("POST", "/", "Content-Type: text/json; charset=iso-8859-1\r\n", b"[{}]");
    let (status, text) = ask(&driven, &latin).await;
    assert_eq!((status, text.as_str()), (415, "JSON handler supports UTF-8, UTF-16 and UTF-32 only."));
    for (method, status) in [("TRACE", 403), ("OPTIONS", 403), ("PUT", 405)] {
        assert_eq!(ask(&driven, &request(method, "/", "", b"")).await.0, status, "{method}");
    }
    assert_eq!(driven.waiting(), 0);
    driven.stop().await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_off_at_the_limit() {
    let driven = http(config().max_body_bytes(10), 100).await;
    let head =
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let good = [&head[..], b"2\r\n[{\r\n2\r\n}]\r\n0\r\n\r\n"].concat();
    assert_eq!(ask(&driven, &good).await.0, 200);
    let long = [&head[..], b"10\r\n[{}             \r\n0\r\n\r\n"].concat();
    assert_eq!(ask(&driven, &long).await.0, 413);
    driven.stop().await;
}

#[tokio::test]
async fn a_full_channel_is_503_and_takes_all_events_of_a_request_or_none() {
    let driven = http(config(), 2).await;
    assert_eq!(post(&driven, "[{}]").await.0, 200);
    let (status, text) = post(&driven, "[{},{}]").await;
    assert_eq!(status, 503);
    assert!(text.starts_with("Error appending event to channel. Channel might be full."), "{text}");
    assert_eq!(driven.waiting(), 1);
    assert_eq!(post(&driven, "[{},{},{}]").await.0, 413, "no transaction is so large");
    driven.events(1).await;
    assert_eq!(post(&driven, "[{},{}]").await.0, 200);
    driven.stop().await;
}

#[tokio::test]
async fn a_blob_is_one_event_and_its_parameters_are_headers() {
    let blobs = BlobHandler::new().max_blob_length(8).mandatory_parameters(["name"]);
    let driven = http(config().handler(HttpHandler::Blob(blobs)), 100).await;
    assert_eq!(ask(&driven, &request("POST", "/up?name=a%20b&x=1", "", b"\0\xFFblob")).await.0, 200);
    assert_eq!(ask(&driven, &request("POST", "/up?x=1", "", b"blob")).await.0, 400);
    assert_eq!(ask(&driven, &request("POST", "/up?name=1", "", b"too long!")).await.0, 413);
    let event = driven.events(1).await.remove(0);
    assert_eq!(event.body, &b"\0\xFFblob"[..]);
    assert_eq!((event.headers.get("name"), event.headers.get("x")), (Some("a b"), Some("1")));
    driven.stop().await;
}

#[tokio::test]
async fn who_is_slow_or_sends_no_http_loses_its_connection_alone() {
    let impatient = http(config().idle_timeout(Duration::from_millis(50)), 100).await;
    let mut silent = impatient.connect().await;
    send(&mut silent, b"POST / HT").await;
    rest(&mut silent).await;
    impatient.stop().await;
    let driven =
        http(config().idle_timeout(Duration::from_secs(1)).request_timeout(Duration::from_secs(1)), 100)
            .await;
    let mut slow = driven.connect().await;
    send(&mut slow, b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[").await;
    assert_eq!(answer(&mut slow).await.0, 408);
    let mut large = driven.connect().await;
    send(&mut large, format!("POST / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(9000)).as_bytes()).await;
    assert_eq!(answer(&mut large).await.0, 431);
    let seed = 53;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    for _ in 0..20 {
        let mut bytes = request("POST", "/", "", b"[{}]");
        let at = random.index(bytes.len() - 30);
        bytes[at] = u8::try_from(random.below(256)).unwrap();
        let mut stream = driven.connect().await;
        send(&mut stream, &bytes).await;
        rest(&mut stream).await;
    }
    let before = driven.waiting();
    assert_eq!(post(&driven, "[{}]").await.0, 200);
    until(async || driven.waiting() == before + 1).await;
    driven.stop().await;
}
