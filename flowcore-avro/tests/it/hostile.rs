use std::time::Duration;

use flowcore::event::Event;
use flowcore_avro::wire::{Limits, Status};

use crate::agent::{Running, config, drain, until};
use crate::client::{Client, call, first_call};
use crate::random::seeded;

#[tokio::test]
async fn bytes_that_were_changed_end_one_connection_and_never_the_source() {
    let mut random = seeded(3);
    let limits = Limits { frame_bytes: 1 << 20, ..Limits::default() };
    let source = Running::start(config().limits(limits).frame_timeout(Duration::from_millis(50))).await;
    let mut good = Client::connect(source.address).await;
    assert_eq!(good.greet(1, &[Event::new("first")]).await, Status::Ok);
    for _ in 0..300 {
        let events = vec![Event::new("x").with_header("name", "value"); 3];
        let mut bytes = first_call(1, &events);
        bytes.extend(call(2, &events));
        for _ in 0..=random.index(4) {
            let at = random.index(bytes.len());
            bytes[at] = u8::try_from(random.index(256)).unwrap();
        }
        let mut client = Client::connect(source.address).await;
        client.send(&bytes).await;
        client.end().await;
        while client.receive_any().await {}
    }
    good.send(&call(2, &[Event::new("last")])).await;
    assert_eq!(good.status(2).await, Status::Ok);
    assert!(source.monitor.broken_connections() > 0);
    let events = drain(&source.stop().await).await;
    assert_eq!(events.first().unwrap().body, "first");
    assert_eq!(events.last().unwrap().body, "last");
}

#[tokio::test]
async fn a_frame_that_does_not_end_closes_its_connection() {
    let source = Running::start(config().frame_timeout(Duration::from_millis(100))).await;
    let mut idle = Client::connect(source.address).await;
    assert_eq!(idle.greet(1, &[]).await, Status::Ok);
    let mut half = Client::connect(source.address).await;
    let bytes = first_call(1, &[Event::new("half")]);
    half.send(&bytes[..bytes.len() - 1]).await;
    assert_eq!(half.receive().await, None);
    until("the connection is counted", || source.monitor.broken_connections() == 1).await;
    idle.send(&call(2, &[Event::new("idle")])).await;
    assert_eq!(idle.status(2).await, Status::Ok);
    assert_eq!(drain(&source.stop().await).await, [Event::new("idle")]);
}

#[tokio::test]
async fn a_length_beyond_the_limit_closes_its_connection_before_the_bytes_come() {
    let limits = Limits { frame_bytes: 1000, ..Limits::default() };
    let source = Running::start(config().limits(limits)).await;
    let mut client = Client::connect(source.address).await;
    client.send(b"\0\0\0\x01\0\0\0\x01\x7f\xff\xff\xff").await;
    assert_eq!(client.receive().await, None);
    let mut client = Client::connect(source.address).await;
    client.send(b"\0\0\0\x01\xff\xff\xff\xff").await;
    assert_eq!(client.receive().await, None);
    until("both are counted", || source.monitor.broken_connections() == 2).await;
}

#[tokio::test]
async fn frames_that_are_held_in_memory_are_bounded_for_all_connections_together() {
    // Room for two frames: the third sender waits until the first two are through.
    let limits = Limits { frame_bytes: 1 << 20, ..Limits::default() };
    let source = Running::start(config().limits(limits).max_memory(2 << 20)).await;
    let big = first_call(1, &[Event::new(vec![b'x'; 900 << 10])]);
    let mut senders = Vec::new();
    for _ in 0..5 {
        let mut client = Client::connect(source.address).await;
        client.send(&big[..100 << 10]).await;
        senders.push(client);
    }
    for mut client in senders {
        client.send(&big[100 << 10..]).await;
        assert_eq!(client.receive().await.unwrap().0, 1);
    }
    assert_eq!(drain(&source.stop().await).await.len(), 5);
}
