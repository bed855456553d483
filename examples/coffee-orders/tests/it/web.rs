//! The web server's answers.

use std::error::Error;
use std::time::Duration;

use coffee_orders::packet::{Dimension, Packet};
use coffee_orders::web::listen;
use flowcore::base::{Clock, Timestamp};
use flowcore_testkit::{free_port, within};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::web_board::{MemoryBoard, Server, get, request};

const NOON: Timestamp = Timestamp::from_millis(1_411_905_605_000);
const BUCKET: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_page_and_all_it_is_made_of_come_from_the_server() {
    let server = Server::start(MemoryBoard::new(BUCKET, Clock::fixed(NOON))).await;
    let page = get(server.address, "/").await;
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
    assert!(!page.body.contains("://"), "the page names a foreign address");
    let mut parts: Vec<String> = Vec::new();
    for piece in page.body.split('"').filter(|piece| piece.starts_with('/') && piece.contains('.')) {
        let part = get(server.address, piece).await;
        assert_eq!(part.status, 200, "{piece}");
        parts.push(part.body);
    }
    assert!(parts.len() >= 3, "style, icon and script");
    server.stop().await;
}

#[tokio::test]
async fn every_answer_forbids_the_page_to_talk_to_others() {
    let server = Server::start(MemoryBoard::new(BUCKET, Clock::fixed(NOON))).await;
    for path in ["/", "/page.js", "/api/health", "/api/statistics?count=0", "/nowhere"] {
        let head = get(server.address, path).await.head;
        assert!(head.contains("content-security-policy: default-src 'none';"), "{path}: {head}");
        assert!(!head.contains("unsafe"), "{path}: {head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{path}: {head}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_history_has_an_entry_for_each_bucket_and_gaps_are_empty() {
    let board = MemoryBoard::new(BUCKET, Clock::fixed(NOON));
    board.order_at(NOON - 2 * BUCKET, "sunae", "8090", "Cash", &["Espresso", "Espresso"]);
    board.order_at(NOON, "sunae", "3040", "Cash", &["Americano"]);
    let server = Server::start(board).await;
    let answer = get(server.address, "/api/statistics?branch=sunae&type=Orders&count=4").await;
    let bucket = |date: &str, counts: Value| json!({"branch": "sunae", "type": "Orders", "date": date, "counts": counts});
    let expected = json!({"header": "RESPONSE_STATISTICS_HISTORY", "body": [
        bucket("20140928115830", json!([])),
        bucket("20140928115900", json!([{"type": "Espresso", "count": 2}])),
        bucket("20140928115930", json!([])),
        bucket("20140928120000", json!([{"type": "Americano", "count": 1}])),
    ]});
    assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), expected);
    server.stop().await;
}

#[tokio::test]
async fn a_question_without_parameters_is_about_all_branches_ages_and_twenty_buckets() {
    let server = Server::start(MemoryBoard::new(BUCKET, Clock::fixed(NOON))).await;
    let answer = get(server.address, "/api/statistics").await;
    let Packet::History(buckets) = serde_json::from_str(&answer.body).unwrap() else {
        panic!("{}", answer.body)
    };
    assert_eq!(buckets.len(), 20);
    assert!(buckets.iter().all(|b| b.branch == "all" && b.dimension == Dimension::CustomerAgeGrades));
    assert!(buckets.is_sorted_by_key(|bucket| &bucket.date));
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_question_is_refused_and_told_what_is_allowed() {
    let server = Server::start(MemoryBoard::new(BUCKET, Clock::fixed(NOON))).await;
    let branches = "all, jeongja, seohyeon, sunae, migeum";
    let dimensions = "CustomerAgeGrades, PaymentMethods, Orders";
    for (path, allowed) in [
        ("/api/statistics?branch=gangnam", branches),
        ("/api/statistics?type=Cups", dimensions),
        ("/api/statistics?count=0", "from 1 to 200"),
        ("/api/statistics?count=201", "from 1 to 200"),
        ("/api/statistics?limit=3", "branch, type, count"),
        ("/api/statistics?branch=%00%ff", branches),
        ("/api/live?branch=Sunae", branches),
        ("/api/live?type=", dimensions),
        ("/api/live?count=3", "branch, type"),
    ] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 400, "{path}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(body["error"].as_str().unwrap().contains(allowed), "{path}: {body}");
    }
    let nowhere = get(server.address, "/api/statistic").await;
    assert_eq!((nowhere.status, nowhere.body.as_str()), (404, r#"{"error":"nothing at /api/statistic"}"#));
    server.stop().await;
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_an_answer_with_its_cause_and_the_server_lives_on() {
    let board = MemoryBoard::new(BUCKET, Clock::fixed(NOON));
    let server = Server::start(board.clone()).await;
    board.breaks(true);
    for path in ["/api/statistics", "/api/live"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.body, r#"{"error":"the statistics cannot be read: the disk is on fire"}"#);
    }
    board.breaks(false);
    assert_eq!(get(server.address, "/api/statistics").await.status, 200);
    let health = get(server.address, "/api/health").await;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
    server.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_says_what_to_do() {
    let taken = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = listen(address).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        format!("cannot listen on {address}, another program does: end it or choose another port")
    );
    assert!(!text.contains(&error.source().unwrap().to_string()), "the cause is said twice");
}

#[tokio::test]
async fn stopping_ends_live_streams_and_idle_connections() {
    let board = MemoryBoard::new(BUCKET, Clock::fixed(NOON));
    let server = Server::start_at(board.clone(), ([127, 0, 0, 1], free_port()).into()).await;
    let mut live = request(server.address, "/api/live").await;
    let mut start = [0; 12];
    live.read_exact(&mut start).await.unwrap();
    let idle = TcpStream::connect(server.address).await.unwrap();
    let address = server.address;
    within(server.stop()).await;
    let mut rest = Vec::new();
    live.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "somebody still listens");
    drop(idle);
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_the_end_up_for_ever() {
    let server = Server::start(MemoryBoard::new(BUCKET, Clock::fixed(NOON))).await;
    let mut stuck = TcpStream::connect(server.address).await.unwrap();
    let question = format!("GET /style.css HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    // Answers that nobody takes fill the connection, until the server takes no more questions either.
    let ask = async { while stuck.write_all(question.as_bytes()).await.is_ok() {} };
    assert!(tokio::time::timeout(Duration::from_secs(1), ask).await.is_err());
    within(server.stop()).await;
}
