use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::MemoryChannel;
use flowcore_testkit::{Random, take, until};
use flowcore_thrift::Protocol;
use flowcore_thrift::wire::{Reply, Status};

use crate::agent::{Running, config};
use crate::client::{Client, call, call_of, frame};

fn events(count: usize, from: usize) -> Vec<Event> {
    (from..from + count)
        .map(|at| Event::new(format!("event {at}")).with_header("at", at.to_string()))
        .collect()
}

#[tokio::test]
async fn what_is_answered_ok_is_in_the_channel_in_both_protocols() {
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let source = Running::start(config().protocol(protocol)).await;
        let mut client = Client::connect(source.address).await;
        client.send(&call_of(protocol, 1, &events(3, 0))).await;
        assert_eq!(client.reply(protocol, 1).await, Reply::Status(Status::Ok));
        assert_eq!(source.waiting(), 3);
        client.send(&call_of(protocol, 2, &events(20, 3))).await;
        assert_eq!(client.reply(protocol, 2).await, Reply::Status(Status::Ok));
        assert_eq!(source.waiting(), 23);
        assert_eq!(source.monitor.open_connections(), 1);
        assert_eq!(source.stop().await, events(23, 0));
    }
}

#[tokio::test]
async fn a_peer_of_the_other_protocol_loses_its_connection() {
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let source = Running::start(config().protocol(protocol)).await;
        let other = if protocol == Protocol::Compact { Protocol::Binary } else { Protocol::Compact };
        let mut client = Client::connect(source.address).await;
        client.send(&call_of(other, 1, &events(3, 0))).await;
        assert_eq!(client.receive().await, None);
        until(async || source.monitor.broken_connections() == 1).await;
        assert!(source.stop().await.is_empty());
    }
}

#[tokio::test]
async fn calls_that_are_sent_ahead_are_answered_in_order() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    let mut bytes = Vec::new();
    for (serial, at) in (1..=100).zip(0..) {
        bytes.extend(call(serial, &events(1, at)));
    }
    client.send(&bytes).await;
    for serial in 1..=100 {
        assert_eq!(client.status(serial).await, Status::Ok);
    }
    assert_eq!(source.stop().await, events(100, 0));
}

#[tokio::test]
async fn however_bytes_are_split_the_events_are_the_same() {
    let mut random = Random::seeded(7);
    for _ in 0..20 {
        let source = Running::start(config()).await;
        let mut client = Client::connect(source.address).await;
        let mut bytes = Vec::new();
        for (serial, at) in (0..10).zip(0..) {
            bytes.extend(call(serial, &events(5, at * 5)));
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + random.index(200)).min(rest.len()));
            client.send(now).await;
            tokio::task::yield_now().await;
            rest = later;
        }
        for serial in 0..10 {
            assert_eq!(client.status(serial).await, Status::Ok);
        }
        assert_eq!(source.stop().await, events(50, 0));
    }
}

#[tokio::test]
async fn a_full_channel_answers_failed_and_nothing_of_the_batch_is_in_it() {
    let channel = MemoryChannel::builder().capacity(4).keep_alive(Duration::from_millis(1)).build("small");
    let source = Running::start_into(config(), channel).await;
    let mut client = Client::connect(source.address).await;
    assert_eq!(client.put(1, &events(3, 0)).await, Status::Ok);
    assert_eq!(client.put(2, &events(3, 3)).await, Status::Failed);
    assert_eq!(source.monitor.refused_calls(), 1);
    take(source.channel(), 3).await;
    assert_eq!(client.put(3, &events(3, 3)).await, Status::Ok);
    assert_eq!(client.put(4, &events(5, 6)).await, Status::Failed, "more than a transaction may have");
    assert_eq!(source.stop().await, events(3, 3));
}

#[tokio::test]
async fn one_event_alone_is_put_by_append() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    client
        .send(&frame(|out| out.extend(b"\x82\x21\x07\x06append\x1c\x1b\x01\x88\x01n\x01v\x18\x01x\0\0")))
        .await;
    assert_eq!(client.status(7).await, Status::Ok);
    assert_eq!(source.stop().await, [Event::new("x").with_header("n", "v")]);
}

#[tokio::test]
async fn a_call_that_cannot_be_executed_is_an_exception_and_the_connection_stays() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    let table = [
        (&b"\x82\x21\x01\x04ping\0"[..], "no such method"),
        (b"\x82\x21\x01\x06append\0", "a call has no events"),
        (b"\x82\x21\x01\x06append\x1c\x18\x01x\0\0", "an event has no headers"),
        (b"\x82\x21\x01\x0bappendBatch\x19\x1c\x1b\0\0\0", "an event has no body"),
    ];
    for (bytes, why) in table {
        client.send(&frame(|out| out.extend(bytes))).await;
        assert_eq!(client.reply(Protocol::Compact, 1).await, Reply::Exception(why.to_owned()));
    }
    assert_eq!(client.put(2, &[]).await, Status::Ok);
    assert_eq!(client.put(3, &events(1, 0)).await, Status::Ok);
    assert_eq!(source.monitor.broken_connections(), 0);
    assert_eq!(source.stop().await, events(1, 0));
}
