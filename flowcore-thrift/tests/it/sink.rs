use std::collections::BTreeSet;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{Channel, MemoryChannel, Sink, SinkError};
use flowcore_thrift::wire::{FrameDecoder, Limits};
use flowcore_thrift::{Protocol, ThriftSink, ThriftSinkConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::agent::{Running, config, drain};
use crate::client::frame;

fn events(count: usize, from: usize) -> Vec<Event> {
    (from..from + count)
        .map(|at| Event::new(format!("event {at}")).with_header("at", at.to_string()))
        .collect()
}

fn sink_to(port: u16) -> ThriftSinkConfig {
    ThriftSinkConfig::new("127.0.0.1", port)
}

async fn is_delivered(sink: &mut ThriftSink, events: &[Event]) -> bool {
    match sink.deliver(events).await {
        Ok(()) => true,
        Err(error) => {
            assert!(error.retries(), "{error:?}");
            false
        }
    }
}

/// The innermost of what a sink says.
async fn refusal(config: ThriftSinkConfig) -> String {
    let Err(SinkError::Retry(error)) = ThriftSink::new(config).deliver(&events(1, 0)).await else {
        panic!("it was delivered")
    };
    let mut cause: &dyn std::error::Error = &*error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[tokio::test]
async fn what_is_delivered_is_in_the_channel_of_the_other_side() {
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let source = Running::start(config().protocol(protocol)).await;
        let mut sink = ThriftSink::new(sink_to(source.address.port()).protocol(protocol).batch_size(7));
        sink.deliver(&events(50, 0)).await.unwrap();
        assert_eq!(source.channel.state().waiting, 50);
        sink.deliver(&events(1, 50)).await.unwrap();
        sink.stop().await.unwrap();
        assert_eq!(drain(&source.stop().await).await, events(51, 0));
    }
}

#[tokio::test]
async fn a_batch_that_does_not_fit_into_a_frame_is_divided() {
    let limits = Limits { frame_bytes: 100_000, ..Limits::default() };
    let source = Running::start(config().limits(limits)).await;
    let mut sink = ThriftSink::new(sink_to(source.address.port()).batch_size(1000).frame_bytes(100_000));
    let batch: Vec<Event> = (0..1000).map(|at| Event::new(format!("{at:0>1000}"))).collect();
    sink.deliver(&batch).await.unwrap();
    assert_eq!(drain(&source.stop().await).await, batch);
}

#[tokio::test]
async fn several_connections_share_the_calls_of_a_delivery() {
    let source = Running::start(config()).await;
    let config = sink_to(source.address.port()).batch_size(5).max_connections(3);
    let mut sink = ThriftSink::new(config);
    sink.deliver(&events(5, 0)).await.unwrap();
    assert_eq!(source.monitor.open_connections(), 1);
    sink.deliver(&events(95, 5)).await.unwrap();
    assert_eq!((source.monitor.open_connections(), source.monitor.connections()), (3, 3));
    let bodies = |events: &[Event]| events.iter().map(|event| event.body.clone()).collect::<BTreeSet<_>>();
    assert_eq!(bodies(&drain(&source.stop().await).await), bodies(&events(100, 0)));
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed_again_and_again() {
    let first = Running::start(config()).await;
    let port = first.address.port();
    let mut sink = ThriftSink::new(sink_to(port).batch_size(10));
    let mut arrived = BTreeSet::new();
    let mut server = Some(first);
    for round in 0..20 {
        let batch = events(10, round * 10);
        if round % 4 == 3 {
            // Killed: its channel has what was answered.
            let killed = server.take().unwrap().kill();
            arrived.extend(drain(&killed).await.iter().map(|event| event.body.clone()));
            assert!(!is_delivered(&mut sink, &batch).await, "nobody is there");
            server = Some(Running::start(crate::agent::config_at(port)).await);
        }
        while !is_delivered(&mut sink, &batch).await {
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
    }
    let last = server.unwrap().stop().await;
    arrived.extend(drain(&last).await.iter().map(|event| event.body.clone()));
    let expected: BTreeSet<_> = events(200, 0).into_iter().map(|event| event.body).collect();
    assert_eq!(arrived, expected);
}

#[tokio::test]
async fn a_refusal_fails_the_delivery_and_the_same_events_come_through_later() {
    let channel = MemoryChannel::builder().capacity(10).keep_alive(Duration::from_millis(1)).build("small");
    let source = Running::start_into(config(), channel).await;
    let mut sink = ThriftSink::new(sink_to(source.address.port()));
    assert!(is_delivered(&mut sink, &events(8, 0)).await);
    assert!(!is_delivered(&mut sink, &events(8, 8)).await);
    source.channel.take(8).await.unwrap().commit().await.unwrap();
    assert!(is_delivered(&mut sink, &events(8, 8)).await);
    assert_eq!(drain(&source.stop().await).await, events(8, 8));
}

#[tokio::test]
async fn a_backup_takes_over_and_keeps_the_connection() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let source = Running::start(config()).await;
    let mut sink = ThriftSink::new(sink_to(port).backup("127.0.0.1", source.address.port()));
    for round in 0..3 {
        sink.deliver(&events(5, round * 5)).await.unwrap();
    }
    assert_eq!(source.monitor.open_connections(), 1);
    assert_eq!(drain(&source.stop().await).await, events(15, 0));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_after_the_time_for_a_request() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let why = refusal(sink_to(port).request_timeout(Duration::from_millis(50))).await;
    assert_eq!(why, format!("127.0.0.1:{port} did not answer within 50ms"));
}

#[tokio::test]
async fn connections_are_made_anew_after_their_interval() {
    let source = Running::start(config().max_connections(1)).await;
    let config = sink_to(source.address.port()).reset_connection_interval(Duration::from_nanos(1));
    let mut sink = ThriftSink::new(config);
    for round in 0..3 {
        sink.deliver(&events(2, round * 2)).await.unwrap();
    }
    assert_eq!(source.monitor.connections(), 3);
    assert_eq!(drain(&source.stop().await).await, events(6, 0));
}

async fn first_call(stream: &mut TcpStream) -> bytes::Bytes {
    let mut decoder = FrameDecoder::new(Limits::default());
    loop {
        if let Some(frame) = decoder.next_frame().unwrap() {
            return frame;
        }
        stream.read_buf(decoder.input()).await.unwrap();
    }
}

/// What a sink says to this answer.
async fn said_to(answer: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        first_call(&mut stream).await;
        stream.write_all(answer).await.unwrap();
    };
    let (said, ()) = tokio::join!(refusal(sink_to(port)), serve);
    said.replace(&port.to_string(), "PORT")
}

#[tokio::test]
async fn answers_that_are_none_break_the_connection_and_not_the_sink() {
    let answer = |bytes: &'static [u8]| frame(|out| out.extend(bytes));
    let table = [
        (Vec::new(), "it closed the connection before its answer"),
        (b"\0".to_vec(), "it closed the connection in the middle of a frame"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "a frame has 1213486160 bytes: the limit is 1048576"),
        (vec![0; 40], "a value reaches beyond the end of its frame"),
        (answer(b"\x80\x01\0\x02"), "it speaks the binary protocol"),
        (answer(b"\x82\x41\x02\x01a\x05\0\0\0"), "an answer has the sequence number 2 and not 1"),
        (answer(b"\x82\x41\x01\x01a\x05\0\x02\0"), "127.0.0.1:PORT answered Failed"),
        (answer(b"\x82\x41\x01\x01a\x05\0\x04\0"), "127.0.0.1:PORT answered Error"),
        (answer(b"\x82\x61\x01\x01a\x18\x03why\0"), "127.0.0.1:PORT answered with an error: why"),
    ];
    for (bytes, said) in table {
        assert_eq!(said_to(&bytes).await, said);
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let Err(error) = ThriftSink::new(sink_to(port)).deliver(&events(1, 0)).await else { panic!() };
    assert!(format!("{error:?}").contains(&format!("127.0.0.1:{port}")), "{error:?}");
}
