use std::time::Duration;

use flowcore::event::Event;
use flowcore_avro::wire::{Limits, Status};
use flowcore_testkit::{Random, until};

use crate::agent::{Running, config};
use crate::client::{Client, call, first_call};

#[tokio::test]
async fn bytes_that_were_changed_end_one_connection_and_never_the_source() {
    let mut random = Random::seeded(3);
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
    let events = source.stop().await;
    assert_eq!(events.first().unwrap().body, "first");
    assert_eq!(events.last().unwrap().body, "last");
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
    until(async || source.monitor.broken_connections() == 2).await;
}
