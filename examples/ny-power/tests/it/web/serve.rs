//! The web server's answers.

use std::error::Error;
use std::time::Duration;

use flowcore::base::Clock;
use ny_power::web::{WebSocket, listen};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::site::{Site, get, get_as};

const PORT: u16 = 9001;
/// What a page may weigh, with all its parts.
const MOST_BYTES: usize = 200_000;

async fn site() -> Site {
    Site::start_with(WebSocket::Port(PORT)).await
}

/// The addresses of a page's parts, and of the parts' parts.
async fn parts(site: &Site, page: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = vec![(page.to_owned(), get(site.address, page).await.body)];
    let mut next = 0;
    while let Some((_, body)) = parts.get(next) {
        let named: Vec<String> = body
            .split('"')
            .filter(|piece| piece.starts_with('/') && matches!(piece.rsplit('.').next(), Some("css" | "js")))
            .map(str::to_owned)
            .collect();
        for path in named {
            if !parts.iter().any(|(known, _)| *known == path) {
                let part = get(site.address, &path).await;
                assert_eq!(part.status, 200, "{path}");
                parts.push((path, part.body));
            }
        }
        next += 1;
    }
    parts
}

#[tokio::test]
async fn both_pages_with_all_their_parts_come_from_the_server_and_are_small() {
    let site = site().await;
    for page in ["/", "/mqtt"] {
        let answer = get(site.address, page).await;
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: text/html; charset=utf-8"), "{}", answer.head);
        let parts = parts(&site, page).await;
        assert!(parts.len() > 7, "{page} is made of {} parts", parts.len());
        let bytes: usize = parts.iter().map(|(_, body)| body.len()).sum();
        assert!(bytes < MOST_BYTES, "{page} has {bytes} bytes");
        for (path, body) in &parts {
            let foreign = body.replace("http://www.w3.org/", "").contains("://");
            assert!(!foreign || path == "/connection.js", "{path} names another address");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_page_names_all_its_parts_itself_so_that_they_come_at_once() {
    let site = site().await;
    for page in ["/", "/mqtt"] {
        let html = get(site.address, page).await.body;
        for (path, _) in parts(&site, page).await.iter().skip(1) {
            assert!(html.contains(&format!("\"{path}\"")), "{page} does not name {path}");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn every_answer_forbids_the_page_to_talk_to_others_than_the_broker() {
    let site = site().await;
    for path in ["/", "/mqtt", "/mqtt.js", "/api/health", "/nowhere"] {
        let head = get_as(site.address, "grid.example:5000", path).await.head;
        assert!(head.contains("content-security-policy: default-src 'none';"), "{path}: {head}");
        let broker = "connect-src ws://grid.example:9001 wss://grid.example:9001;";
        assert!(head.contains(broker), "{path}: {head}");
        assert!(!head.contains("unsafe"), "{path}: {head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{path}: {head}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_page_says_where_the_broker_is() {
    let site = site().await;
    let page = get(site.address, "/").await.body;
    assert!(page.contains("<meta name=\"websocket\" content=\"9001\">"), "{page}");
    site.stop().await;

    let address = "wss://broker.example/mqtt".parse().unwrap();
    let site = Site::start_with(WebSocket::Address(address)).await;
    let console = get(site.address, "/mqtt").await;
    assert!(console.body.contains("<meta name=\"websocket\" content=\"wss://broker.example/mqtt\">"));
    assert!(console.head.contains("connect-src wss://broker.example/mqtt;"), "{}", console.head);
    site.stop().await;
}

#[tokio::test]
async fn its_health_is_told_and_what_there_is_not_is_said() {
    let site = site().await;
    let health = get(site.address, "/api/health").await;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
    let nowhere = get(site.address, "/current/co2").await;
    assert_eq!((nowhere.status, nowhere.body.as_str()), (404, r#"{"error":"nothing at /current/co2"}"#));
    site.stop().await;
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

/// Were it otherwise, the test would not end.
#[tokio::test]
async fn stopping_ends_idle_connections_and_clients_that_read_nothing() {
    let site = site().await;
    let idle = TcpStream::connect(site.address).await.unwrap();
    let mut stuck = TcpStream::connect(site.address).await.unwrap();
    let question = format!("GET /line.js HTTP/1.1\r\nHost: {}\r\n\r\n", site.address);
    // Answers that nobody takes fill the connection, until the server takes no more questions either.
    let ask = async { while stuck.write_all(question.as_bytes()).await.is_ok() {} };
    let clock = Clock::system();
    tokio::select! {
        () = ask => panic!("the server has ended the connection"),
        () = clock.sleep(Duration::from_secs(1)) => {}
    }
    let address = site.address;
    site.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "somebody still listens");
    drop(idle);
}
