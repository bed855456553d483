//! The whole program in one process with a Redis that goes away.

use std::net::SocketAddr;
use std::time::Duration;

use coffee_orders::generator::SplitMix;
use serde_json::Value;

use super::program::{Form, Home, Program, pause, wait_for};
use super::program_count::{Counted, assert_conserved};
use super::redis_server::RedisServer;
use super::web_board::get;

const SEED: u64 = 20_140_929;

pub(crate) fn assert_counted_once(home: &Home) -> Value {
    let document = home.dump();
    assert_conserved(&document, 1);
    assert_eq!(Counted::of_document(&document), Counted::of_file(&home.orders()));
    document
}

/// All orders that the page shows now, in all of its buckets; why not, if it cannot.
pub(crate) async fn shown(page: SocketAddr) -> Result<u64, String> {
    let answer = get(page, "/api/statistics?branch=all&type=PaymentMethods&count=20").await;
    let packet: Value = serde_json::from_str(&answer.body).unwrap();
    match answer.status {
        200 => {
            let counts = packet["body"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|entry| entry["counts"].as_array().unwrap());
            Ok(counts.map(|count| count["count"].as_u64().unwrap()).sum())
        }
        503 => Err(packet["error"].as_str().unwrap().to_owned()),
        status => panic!("{status}: {packet}"),
    }
}

/// Waits until the page shows orders.
pub(crate) async fn until_shown(page: SocketAddr) {
    for _ in 0..3_000 {
        if shown(page).await.is_ok_and(|orders| orders > 0) {
            return;
        }
        pause(Duration::from_millis(20)).await;
    }
    panic!("the page shows no orders: {:?}", shown(page).await);
}

/// Waits until the generator has written so many orders more.
pub(crate) async fn until_written(home: &Home, more: usize) {
    let lines = home.lines() + more;
    wait_for("orders", || (home.lines() >= lines).then_some(())).await;
}

/// The server is killed, and the page says so for ten seconds.
pub(crate) async fn away_for_ten_seconds(server: &mut RedisServer, page: SocketAddr) {
    server.kill();
    for _ in 0..20 {
        let refusal = shown(page).await.unwrap_err();
        assert!(refusal.contains(": cannot read buckets of the redis at 127.0.0.1:"), "{refusal}");
        assert_eq!(get(page, "/api/board").await.status, 200);
        pause(Duration::from_millis(500)).await;
    }
    server.start_again().await;
}

#[tokio::test]
async fn with_its_redis_away_for_ten_seconds_the_program_runs_on_and_counts_every_order_once() {
    println!("seed {SEED}");
    let mut server = RedisServer::start().await;
    let home = Home::new(server.form());
    let mut program = home.start(&["--rate", "300", "--seed", "5", "--bucket", "3s"]);
    let page = program.page().await;
    until_shown(page).await;
    pause(Duration::from_millis(SplitMix::new(SEED).below(2_000))).await;
    away_for_ten_seconds(&mut server, page).await;
    assert!(!program.has_ended(), "{}", program.complained());
    until_written(&home, 300).await;
    until_shown(page).await;
    program.stop().await;
    assert_eq!(assert_counted_once(&home)["orders"], home.lines());
}

/// Waits until a line of its errors has this.
async fn complains(program: &Program, what: &str) {
    wait_for(what, || program.complained().contains(what).then_some(())).await;
}

#[tokio::test]
async fn who_does_not_want_to_wait_for_the_redis_says_so_twice_and_nothing_is_lost() {
    let mut server = RedisServer::start().await;
    let home = Home::new(server.form());
    let mut program = home.start(&["--rate", "300", "--seed", "5", "--bucket", "1s"]);
    let page = program.page().await;
    until_shown(page).await;
    server.kill();
    until_written(&home, 150).await;
    complains(&program, "trying again until the server answers").await;
    program.interrupt();
    pause(Duration::from_millis(500)).await;
    assert!(!program.has_ended(), "{}", program.complained());
    program.interrupt();
    assert_eq!(program.ended().await.code(), Some(1));
    complains(&program, "error: ended before all was stored: the rest is counted after the next start").await;
    server.start_again().await;
    home.start(&["--no-generate", "--bucket", "1s", "--exit"]).succeeds().await;
    assert_eq!(assert_counted_once(&home)["orders"], home.lines());
}

#[tokio::test]
async fn a_program_without_its_redis_waits_for_it_and_then_does_all() {
    let mut server = RedisServer::start().await;
    server.kill();
    let home = Home::new(server.form());
    let told = home.start(&[]);
    complains(&told, "the redis is away: waiting for it").await;
    assert_eq!(told.stop().await, "");
    let mut program = home.start(&["--rate", "500", "--orders", "300", "--bucket", "1s", "--exit"]);
    complains(&program, "the redis is away: waiting for it").await;
    pause(Duration::from_millis(300)).await;
    assert!(!program.has_ended() && home.orders().is_empty());
    server.start_again().await;
    program.succeeds().await;
    assert_eq!(assert_counted_once(&home)["orders"], 300);
}

/// The address in `form`, to which a user and password or a database can be added.
pub(crate) fn url(form: &Form) -> &str {
    match form {
        Form::Redis(url) => url,
        Form::Embedded => panic!("it has no address"),
    }
}
