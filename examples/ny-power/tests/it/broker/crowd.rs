//! Many clients, slow clients, and what each subscriber's order is.

use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use ny_power::broker::{Limits, Queue};

use super::client::{Client, Hello};
use super::running::Running;
use super::tool::pump;

/// An interval of the pump: seven fuels, the intensity, the status.
fn interval(number: usize) -> Vec<(String, String)> {
    let fuels = (0..7).map(|fuel| (format!("ny-power/upstream/fuel-mix/{fuel}"), number.to_string()));
    let rest = ["ny-power/computed/co2", "ny-power/status/fuel-mix/updated"];
    fuels.chain(rest.map(|topic| (topic.to_owned(), number.to_string()))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_pages_see_every_interval_in_the_order_of_the_pump() {
    const PAGES: usize = 50;
    const INTERVALS: usize = 20;
    let (broker, _dir) = Running::start().await;
    let mut pages = TaskSet::new();
    for _ in 0..PAGES {
        let (mut page, _) =
            Client::websocket(broker.websocket_port, 1000).await.hello(Hello::anonymous()).await;
        page.subscribe("ny-power/#", 1).await;
        pages.spawn("page", async move {
            let mut seen = Vec::new();
            while seen.len() < 9 * INTERVALS {
                let message = page.message().await;
                seen.push((message.topic, message.payload));
            }
            seen
        });
    }
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    let all: Vec<_> = (0..INTERVALS).flat_map(interval).collect();
    let since = Clock::system().stopwatch();
    for (topic, payload) in &all {
        assert_eq!(writer.deliver(topic, payload, 1, true).await, 0);
    }
    while let Some((_, end)) = pages.next().await {
        let TaskEnd::Done(seen) = end else { panic!("{end:?}") };
        assert_eq!(seen, all);
    }
    println!("{INTERVALS} intervals at {PAGES} pages took {:?}", since.elapsed());
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_loses_quality_0_and_others_lose_nothing() {
    const MESSAGES: usize = 400;
    let dir = tempfile::tempdir().unwrap();
    let few = Queue { messages: 50, bytes: 1 << 20 };
    let limits = Limits { outbox: few, anonymous_queue: few, ..Limits::default() };
    let broker = Running::in_dir(dir.path(), limits).await;
    let (mut idle, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    idle.subscribe("ny-power/#", 0).await;
    let (mut reader, _) =
        Client::tcp(broker.port).await.hello(Hello { name: "reader", ..Hello::pump() }).await;
    reader.subscribe("ny-power/#", 1).await;
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    // Far more than what lies in the sockets between them.
    let payload = "x".repeat(100_000);
    for number in 0..MESSAGES {
        writer.deliver("ny-power/x", &format!("{number} {payload}"), 1, false).await;
        let message = reader.message().await;
        assert!(message.payload.starts_with(&format!("{number} ")));
    }
    // It is not disconnected, and reads on with gaps, in order.
    let (mut seen, mut last) = (0, None);
    loop {
        // Lost as well while there is no room.
        writer.deliver("ny-power/last", "last", 1, false).await;
        let message = idle.message().await;
        if message.topic == "ny-power/last" {
            break;
        }
        let number: usize = message.payload.split(' ').next().unwrap().parse().unwrap();
        assert!(last < Some(number));
        (seen, last) = (seen + 1, Some(number));
    }
    assert!(seen < MESSAGES, "some of {MESSAGES} messages are lost, {seen} are not");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_slow_for_quality_1_is_disconnected() {
    let dir = tempfile::tempdir().unwrap();
    let queue = Queue { messages: 30, bytes: 1 << 20 };
    let broker =
        Running::in_dir(dir.path(), Limits { anonymous_queue: queue, in_flight: 10, ..Limits::default() })
            .await;
    let (mut slow, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    slow.subscribe("ny-power/#", 1).await;
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    for number in 0..41 {
        writer.deliver("ny-power/x", &number.to_string(), 1, false).await;
    }
    for number in 0..10 {
        let raw = slow.raw().await.unwrap();
        assert_eq!(slow.received(&raw).payload, number.to_string());
    }
    let farewell = slow.raw().await.unwrap();
    assert_eq!((farewell.packet_type(), farewell.data_as_slice()[0]), (14, 0x97));
    assert!(slow.raw().await.is_none());
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_clients_leave_room_for_the_pump() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { connections: 4, anonymous: 2, ..Limits::default() };
    let broker = Running::in_dir(dir.path(), limits).await;
    let (_one, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    let (two, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    let mut three = Client::tcp(broker.port).await;
    three.send(&super::client::connect(Hello::anonymous())).await;
    assert_eq!(three.connack().await.0, 0x89);
    pump(broker.port, &["-q", "1", "-t", "ny-power/x", "-m", "there is room"]).await;
    drop(two);
    loop {
        let mut next = Client::tcp(broker.port).await;
        next.send(&super::client::connect(Hello::anonymous())).await;
        if next.connack().await.0 == 0 {
            break;
        }
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_shares_messages_and_others_get_all() {
    let (broker, _dir) = Running::start().await;
    let mut group = Vec::new();
    for _ in 0..2 {
        let (mut member, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
        assert_eq!(member.subscribe("$share/pages/ny-power/#", 1).await, 1);
        group.push(member);
    }
    let (mut all, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    all.subscribe("ny-power/#", 1).await;
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    for number in 0..10 {
        writer.deliver("ny-power/x", &number.to_string(), 1, false).await;
    }
    for number in 0..10_usize {
        assert_eq!(all.message().await.payload, number.to_string());
        assert_eq!(group[number % 2].message().await.payload, number.to_string());
    }
    broker.stop().await;
}
