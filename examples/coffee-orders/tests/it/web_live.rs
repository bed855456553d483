//! What a client of the live stream is sent, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use coffee_orders::packet::{Dimension, Packet, Statistics};
use coffee_orders::web::routes;
use flowcore::base::{Clock, Stopwatch, Timestamp};
use futures_util::StreamExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use super::web_board::{BRANCHES, MemoryBoard};

const START: Timestamp = Timestamp::from_millis(1_411_905_605_000);
const BUCKET: Duration = Duration::from_secs(30);
const QUARTER: Duration = Duration::from_millis(250);

struct Client {
    body: BodyDataStream,
    watch: Stopwatch,
    stop: Option<watch::Sender<bool>>,
}

impl Client {
    async fn connect(board: Arc<MemoryBoard>, path: &str) -> Self {
        let (stop, stopping) = watch::channel(false);
        let service = TowerToHyperService::new(routes(board, stopping));
        let answer = service.call(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut body = answer.into_body().into_data_stream();
        let greeting = body.next().await.unwrap().unwrap();
        assert_eq!(greeting, "retry: 1000\n: live\n\n");
        Self { body, watch: Clock::system().stopwatch(), stop: Some(stop) }
    }

    /// The next line, and when it came.
    async fn line(&mut self) -> Option<(Duration, String)> {
        let bytes = self.body.next().await?.unwrap();
        Some((self.watch.elapsed(), String::from_utf8(bytes.to_vec()).unwrap()))
    }

    /// The packets that come within `time`.
    async fn packets(&mut self, time: Duration) -> Vec<(Duration, Statistics)> {
        let mut packets = Vec::new();
        let end = self.watch.elapsed() + time;
        while let Ok(Some((at, line))) =
            tokio::time::timeout(end.saturating_sub(self.watch.elapsed()), self.line()).await
        {
            if let Some(data) = line.strip_prefix("data: ") {
                let Packet::Publish(statistics) = serde_json::from_str(data).unwrap() else {
                    panic!("{data}")
                };
                packets.push((at, statistics));
            }
        }
        packets
    }
}

fn board() -> Arc<MemoryBoard> {
    MemoryBoard::new(BUCKET, Clock::starting_at(START))
}

fn total(statistics: &Statistics) -> u64 {
    statistics.counts.iter().map(|count| count.count).sum()
}

#[tokio::test(start_paused = true)]
async fn who_comes_is_told_the_current_state_of_everything_at_once() {
    let board = board();
    board.order("sunae", "8090", "Cash", &["Espresso"]);
    let mut client = Client::connect(board, "/api/live").await;
    let packets = client.packets(Duration::from_millis(1)).await;
    assert_eq!(packets.len(), BRANCHES.len() * Dimension::ALL.len());
    let sunae = |s: &&(Duration, Statistics)| s.1.branch == "sunae" && total(&s.1) == 1;
    assert_eq!(packets.iter().filter(sunae).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_filter_lets_only_its_branch_and_dimension_through() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live?branch=sunae&type=Orders").await;
    assert_eq!(client.packets(QUARTER).await.len(), 1, "the state at the start");
    for branch in &BRANCHES[1..] {
        board.order(branch, "8090", "Cash", &["Espresso"]);
    }
    let packets = client.packets(Duration::from_secs(1)).await;
    assert_eq!(packets.len(), 1);
    assert!(packets.iter().all(|(_, s)| s.branch == "sunae" && s.dimension == Dimension::Orders));
    assert_eq!(total(&packets[0].1), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_reaches_a_client_four_times_a_second_and_the_newest_arrives() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live?branch=all&type=PaymentMethods").await;
    let flood = async {
        for _ in 0..1000 {
            board.order("migeum", "0010", "Cash", &["Espresso"]);
            Clock::system().sleep(Duration::from_millis(2)).await;
        }
    };
    let (packets, ()) = tokio::join!(client.packets(Duration::from_secs(3)), flood);
    for pair in packets.windows(2) {
        assert!(pair[1].0 >= pair[0].0 + QUARTER, "{:?} after {:?}", pair[1].0, pair[0].0);
        assert!(total(&pair[1].1) > total(&pair[0].1), "an older state came after a newer one");
    }
    assert_eq!(packets.len(), 1 + 4 * 2, "that at the start, and two seconds");
    assert_eq!(total(&packets.last().unwrap().1), 1000);
}

#[tokio::test(start_paused = true)]
async fn an_order_after_a_pause_is_there_at_once() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live?branch=all&type=Orders").await;
    assert_eq!(client.packets(Duration::from_secs(1)).await.len(), 1);
    board.order("migeum", "0010", "Cash", &["Espresso"]);
    let before = client.watch.elapsed();
    let (at, _) = client.line().await.unwrap();
    assert_eq!(at, before);
}

#[tokio::test(start_paused = true)]
async fn the_last_state_of_a_bucket_is_not_lost_when_the_next_begins() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live?branch=all&type=Orders").await;
    assert_eq!(client.packets(QUARTER).await.len(), 1);
    for (bucket, orders) in [(0, 3), (1, 2)] {
        for _ in 0..orders {
            board.order_at(START + BUCKET * bucket, "migeum", "0010", "Cash", &["Espresso"]);
        }
    }
    let packets = client.packets(Duration::from_secs(1)).await;
    let seen: Vec<_> = packets.iter().map(|(_, s)| (s.date.as_str(), total(s))).collect();
    assert_eq!(seen, [("20140928120000", 3), ("20140928120030", 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_slow_gets_the_newest_and_no_backlog() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live").await;
    // Far more than the board's channel holds, while nobody reads.
    board.order("sunae", "8090", "Cash", &["Espresso"]);
    for _ in 0..5000 {
        board.order("migeum", "0010", "Cash", &["Espresso"]);
    }
    let packets = client.packets(Duration::from_secs(2)).await;
    assert!(packets.len() <= 2 * 15, "{} packets waited", packets.len());
    let last = |branch: &str| packets.iter().rfind(|(_, s)| s.branch == branch).map(|(_, s)| total(s));
    assert_eq!((last("all"), last("migeum"), last("sunae")), (Some(5001), Some(5000), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_line_carries_a_comment_every_fifteen_seconds() {
    let mut client = Client::connect(board(), "/api/live?branch=all&type=Orders").await;
    assert_eq!(client.packets(Duration::ZERO).await.len(), 1);
    for round in 1..=3 {
        let (at, line) = client.line().await.unwrap();
        assert_eq!((at, line.as_str()), (Duration::from_secs(15 * round), ": still here\n\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_stream_ends_when_the_server_stops_even_with_packets_waiting() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live?branch=all&type=Orders").await;
    assert_eq!(client.packets(Duration::ZERO).await.len(), 1);
    board.order("migeum", "0010", "Cash", &["Espresso"]);
    client.stop.take().unwrap().send_replace(true);
    assert!(client.line().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_breaks_ends_the_stream_so_that_the_client_comes_back_and_is_told() {
    let board = board();
    let mut client = Client::connect(board.clone(), "/api/live").await;
    board.breaks(true);
    for _ in 0..100 {
        board.order("migeum", "0010", "Cash", &["Espresso"]);
    }
    let end = async { while client.line().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(1), end).await.expect("the stream goes on");
}
