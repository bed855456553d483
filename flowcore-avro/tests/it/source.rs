use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::MemoryChannel;
use flowcore_avro::wire::{HASH, HandshakeResponse, Limits, Match, Reader, Reply, Status, TEXT, parse_reply};
use flowcore_testkit::{Random, take};

use crate::agent::{Running, config};
use crate::client::{Client, call, first_call, frame, handshake, split_buffers};

fn events(count: usize, from: usize) -> Vec<Event> {
    (from..from + count)
        .map(|at| Event::new(format!("event {at}")).with_header("at", at.to_string()))
        .collect()
}

#[tokio::test]
async fn what_is_answered_ok_is_in_the_channel() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    assert_eq!(client.greet(1, &events(3, 0)).await, Status::Ok);
    assert_eq!(source.waiting(), 3);
    client.send(&call(2, &events(2, 3))).await;
    assert_eq!(client.status(2).await, Status::Ok);
    assert_eq!(source.waiting(), 5);
    assert_eq!(source.monitor.open_connections(), 1);
    assert_eq!(source.stop().await, events(5, 0));
}

#[tokio::test]
async fn calls_that_are_sent_ahead_are_answered_in_order() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    let mut bytes = first_call(1, &events(1, 0));
    for at in 1..100 {
        bytes.extend(call(u32::try_from(at).unwrap() + 1, &events(1, at)));
    }
    client.send(&bytes).await;
    assert!(client.receive().await.is_some());
    for serial in 2..=100 {
        assert_eq!(client.status(serial).await, Status::Ok);
    }
    assert_eq!(source.stop().await, events(100, 0));
}

#[tokio::test]
async fn however_bytes_and_buffers_are_split_the_events_are_the_same() {
    let mut random = Random::seeded(7);
    for _ in 0..20 {
        let source = Running::start(config()).await;
        let mut client = Client::connect(source.address).await;
        let mut bytes = Vec::new();
        for at in 0..10 {
            let one =
                if at == 0 { first_call(0, &events(5, 0)) } else { call(at, &events(5, at as usize * 5)) };
            let mut cuts: Vec<usize> = (0..random.index(5)).map(|_| random.index(one.len() - 12)).collect();
            cuts.sort_unstable();
            bytes.extend(split_buffers(&one, &cuts));
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + random.index(200)).min(rest.len()));
            client.send(now).await;
            tokio::task::yield_now().await;
            rest = later;
        }
        for serial in 0..10 {
            assert_eq!(client.receive().await.unwrap().0, serial);
        }
        assert_eq!(source.stop().await, events(50, 0));
    }
}

#[tokio::test]
async fn a_full_channel_answers_failed_and_nothing_of_the_batch_is_in_it() {
    let channel = MemoryChannel::builder().capacity(4).keep_alive(Duration::from_millis(1)).build("small");
    let source = Running::start_into(config(), channel).await;
    let mut client = Client::connect(source.address).await;
    assert_eq!(client.greet(1, &events(3, 0)).await, Status::Ok);
    client.send(&call(2, &events(3, 3))).await;
    assert_eq!(client.status(2).await, Status::Failed);
    assert_eq!(source.monitor.refused_calls(), 1);
    take(source.channel(), 3).await;
    client.send(&call(3, &events(3, 3))).await;
    assert_eq!(client.status(3).await, Status::Ok);
    client.send(&call(4, &events(5, 6))).await;
    assert_eq!(client.status(4).await, Status::Failed, "more than a transaction may have");
    assert_eq!(source.stop().await, events(3, 3));
}

#[tokio::test]
async fn a_client_that_is_not_known_is_asked_for_its_protocol_and_its_call_is_not_executed() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    let ask = |serial, text, event: &Event| {
        let greeting = handshake([9; 16], text, [8; 16]);
        let bytes = call(serial, std::slice::from_ref(event));
        frame(serial, |out| out.extend(greeting.iter().chain(&bytes[12..])))
    };
    client.send(&ask(1, None, &Event::new("ignored"))).await;
    let (serial, body) = client.receive().await.unwrap();
    let mut reader = Reader::new(&body);
    let answer = HandshakeResponse::read(&mut reader, &Limits::default()).unwrap();
    let expected =
        HandshakeResponse { matched: Match::None, server_protocol: Some(TEXT), server_hash: Some(HASH) };
    assert_eq!((serial, answer, reader.rest()), (1, expected, &[][..]));
    client.send(&ask(2, Some(TEXT), &Event::new("taken"))).await;
    let (_, body) = client.receive().await.unwrap();
    let mut reader = Reader::new(&body);
    let answer = HandshakeResponse::read(&mut reader, &Limits::default()).unwrap();
    assert_eq!(answer.matched, Match::Client);
    assert_eq!(parse_reply(&mut reader, &Limits::default()), Ok(Reply::Status(Status::Ok)));
    assert_eq!(source.stop().await, [Event::new("taken")]);
}

#[tokio::test]
async fn a_ping_is_answered_and_an_unknown_message_is_an_error_of_that_call_alone() {
    let source = Running::start(config()).await;
    let mut client = Client::connect(source.address).await;
    let greeting = handshake(HASH, None, HASH);
    client.send(&frame(1, |out| out.extend(greeting.iter().chain(b"\0\0")))).await;
    assert_eq!(&client.receive().await.unwrap().1[..], [0, 0, 0, 2, 0]);
    client.send(&frame(2, |out| out.extend(b"\0\0"))).await;
    assert_eq!(&client.receive().await.unwrap().1[..], [0, 0]);
    client.send(&frame(3, |out| out.extend(b"\0\x04no"))).await;
    let (_, body) = client.receive().await.unwrap();
    let answer = parse_reply(&mut Reader::new(&body), &Limits::default());
    assert!(matches!(answer, Ok(Reply::Error(_))), "{answer:?}");
    client.send(&call(4, &[])).await;
    assert_eq!(client.status(4).await, Status::Ok);
    assert!(source.stop().await.is_empty());
}
