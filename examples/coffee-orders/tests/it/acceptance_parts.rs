//! Collector, topology and page as processes of their own, as in the original.

use std::time::Duration;

use super::acceptance::{order, shows};
use super::program::{Form, Home, pause};
use super::program_count::{Counted, assert_conserved};
use super::redis_server::RedisServer;

#[tokio::test]
async fn three_processes_and_a_redis_are_the_program() {
    let server = RedisServer::start().await;
    let home = Home::new(server.form());
    let Form::Redis(redis) = server.form() else { panic!("it is a redis") };
    let dir = home.dir();
    let dir = dir.to_str().unwrap();
    let collect = ["collect", "--redis", &redis, "--dir", dir, "--rate", "1000", "--seed", "7"];
    let count = ["count", "--redis", &redis, "--dir", dir, "--bucket", "1s"];
    let mut web = home.start_part("web-", &["web", "--redis", &redis, "--port", "0", "--bucket", "1s"]);
    web.page().await;

    // Each of them may go and come back, in order or not.
    for round in 0..4 {
        let collector = home.start_part("collect-", &collect);
        let counter = home.start_part("count-", &count);
        pause(Duration::from_millis(700)).await;
        if round % 2 == 0 {
            collector.kill();
            pause(Duration::from_millis(200)).await;
            counter.kill();
        } else {
            counter.stop().await;
            collector.stop().await;
        }
    }
    let orders = (home.lines() + 100).to_string();
    let last: Vec<_> = collect.iter().copied().chain(["--orders", &orders, "--exit"]).collect();
    home.start_part("collect-", &last).succeeds().await;
    home.append(order("sunae", "2030") + "nonsense\n");
    let rest: Vec<_> = collect[..5].iter().copied().chain(["--no-generate", "--exit"]).collect();
    home.start_part("collect-", &rest).succeeds().await;
    let counting: Vec<_> = count.iter().copied().chain(["--exit"]).collect();
    home.start_part("count-", &counting).succeeds().await;

    let document = home.dump();
    assert_conserved(&document, 1);
    let stored = Counted::of_document(&document);
    assert_eq!(stored, Counted::of_file(&home.orders()));
    assert!(stored.orders > 1_000 && stored.rejected.len() == 1, "{} orders", stored.orders);
    shows(&mut web, stored.orders).await;
    web.stop().await;
}
