//! What passes for an InfluxDB and is none.

use std::error::Error;
use std::time::Duration;

use ny_power::archive::{Archive, ArchiveError, InfluxArchive, Series};
use ny_power::http::HttpLimits;

use super::suite::{at, intensity};
use crate::http::server::{Reply, ScriptedServer, answer};

const SHORT: Duration = Duration::from_millis(200);

fn archive(server: &ScriptedServer) -> InfluxArchive {
    archive_within(server, Duration::from_secs(10))
}

/// With so much time for the head of an answer.
fn archive_within(server: &ScriptedServer, head: Duration) -> InfluxArchive {
    let address = format!("influx://127.0.0.1:{}", server.port()).parse().unwrap();
    let limits = HttpLimits { head, body_bytes: 100_000, ..HttpLimits::default() };
    InfluxArchive::new(address).limits(limits)
}

/// What a read and a write say of it, and whether they are to be tried again.
async fn refusals(reply: Reply) -> [(String, bool); 2] {
    refusals_within(reply, Duration::from_secs(10)).await
}

async fn refusals_within(reply: Reply, head: Duration) -> [(String, bool); 2] {
    let server = ScriptedServer::start([reply]).await;
    let archive = archive_within(&server, head).patience(Duration::from_millis(500));
    let read = archive.range(&Series::Intensity, at(0), at(10)).await.unwrap_err();
    let written = archive.store(&[intensity(0, 1.0)]).await.unwrap_err();
    let told = |error: ArchiveError| {
        let text = error.source().unwrap().to_string();
        (text.replace(&format!("127.0.0.1:{}", server.port()), "HOST"), error.is_retriable())
    };
    [told(read), told(written)]
}

#[tokio::test]
async fn what_does_not_pass_by_itself_is_an_error_after_one_request() {
    for (status, expected) in [
        ("401 Unauthorized", "it answered 401 Unauthorized: why"),
        ("403 Forbidden", "it answered 403 Forbidden: why"),
        ("404 Not Found", "it answered 404 Not Found: why"),
        ("413 Payload Too Large", "it answered 413 Payload Too Large: why"),
        ("302 Found", "it answered 302 Found: why"),
    ] {
        let server =
            ScriptedServer::start([answer(status, &["Location: /elsewhere"], r#"{"error":"why"}"#)]).await;
        let error = archive(&server).store(&[intensity(0, 1.0)]).await.unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), expected);
        assert!(!error.is_retriable());
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_until_it_does() {
    let done = answer("204 No Content", &[], "");
    for reply in [
        answer("500 Internal Server Error", &[], r#"{"error":"timeout"}"#),
        answer("503 Service Unavailable", &[], ""),
        answer("429 Too Many Requests", &[], ""),
        Reply::Bytes(Vec::new()),
        Reply::Stall(b"HTTP/1.1 20".to_vec()),
    ] {
        let server = ScriptedServer::start([reply.clone(), done.clone()]).await;
        archive_within(&server, Duration::from_secs(2)).store(&[intensity(0, 1.0)]).await.unwrap();
        let asked = server.requests();
        assert_eq!(asked.len(), 2, "{reply:?}");
        assert_eq!(asked[0], asked[1]);
    }
}

#[tokio::test]
async fn what_does_not_end_ends_when_the_patience_is_over() {
    let busy = refusals(answer("503 Service Unavailable", &[], "a\nb")).await;
    assert_eq!(busy, ["it answered 503 Service Unavailable: a b"; 2].map(|text| (text.to_owned(), true)));
    let slow = refusals_within(Reply::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()), SHORT).await;
    for ((text, retries), path) in slow.into_iter().zip(["query", "write"]) {
        assert_eq!((text, retries), (format!("no answer from http://HOST/{path} within 0.2 s"), true));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    for ((text, retries), path) in refusals(Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n[".to_vec()))
        .await
        .into_iter()
        .zip(["query", "write"])
    {
        let expected = format!("the answer of http://HOST/{path} has more than 100000 bytes");
        assert_eq!((text, retries), (expected, false));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_refused() {
    for (text, retries) in refusals(Reply::Bytes(b"220 mail ready\r\n\r\n".to_vec())).await {
        assert!(text.ends_with(" broke off or is no HTTP") && !retries, "{text}");
    }
    let depth = "[".repeat(50_000);
    let early = r#"{"results":[{"series":[{"values":[[1,1.0]]}]}]}"#;
    for body in ["", "<html>welcome</html>", "{}", &depth, early] {
        let server = ScriptedServer::start([answer("200 OK", &[], body)]).await;
        let error = archive(&server).range(&Series::Intensity, at(0), at(10)).await.unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), "its answer is not one of an InfluxDB");
        assert!(!error.is_retriable());
    }
}

#[tokio::test]
async fn a_database_that_is_missing_after_it_was_made_is_an_error() {
    let server =
        ScriptedServer::start([answer("404 Not Found", &[], r#"{"error":"database not found: \"x\""}"#)]);
    let server = server.await;
    let error = archive(&server).store(&[intensity(0, 1.0)]).await.unwrap_err();
    assert!(!error.is_retriable());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_not_asked_for_ever() {
    let server = ScriptedServer::start([answer("400 Bad Request", &[], r#"{"error":"no"}"#)]).await;
    let points: Vec<_> = (0..2000).map(|minute| intensity(minute, 1.0)).collect();
    let error = archive(&server).store(&points).await.unwrap_err();
    let ArchiveError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!((refusal.point, refusal.count), (points[0].clone(), 2000));
    assert_eq!(refusal.reason, "it answered 400 Bad Request: no");
    assert!(server.requests().len() <= 401, "{}", server.requests().len());
}
