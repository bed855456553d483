use std::collections::BTreeSet;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{Channel, MemoryChannel, Sink, SinkError};
use flowcore_avro::wire::{FrameDecoder, HASH, HandshakeRequest, Limits, Reader};
use flowcore_avro::{AvroSink, AvroSinkConfig, Compression};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::agent::{Running, config, drain};
use crate::client::frame;

fn events(count: usize, from: usize) -> Vec<Event> {
    (from..from + count)
        .map(|at| Event::new(format!("event {at}")).with_header("at", at.to_string()))
        .collect()
}

fn sink_to(port: u16) -> AvroSinkConfig {
    AvroSinkConfig::new("127.0.0.1", port)
}

async fn is_delivered(sink: &mut AvroSink, events: &[Event]) -> bool {
    match sink.deliver(events).await {
        Ok(()) => true,
        Err(error) => {
            assert!(error.retries(), "{error:?}");
            false
        }
    }
}

#[tokio::test]
async fn what_is_delivered_is_in_the_channel_of_the_other_side() {
    for compression in [Compression::None, Compression::DEFLATE, Compression::Deflate { level: 0 }] {
        let source = Running::start(config().compression(compression)).await;
        let mut sink = AvroSink::new(sink_to(source.address.port()).compression(compression).batch_size(7));
        sink.deliver(&events(50, 0)).await.unwrap();
        assert_eq!(source.channel.state().waiting, 50);
        sink.deliver(&events(1, 50)).await.unwrap();
        sink.stop().await.unwrap();
        assert_eq!(drain(&source.stop().await).await, events(51, 0));
    }
}

#[tokio::test]
async fn a_large_batch_comes_through_with_and_without_compression() {
    for compression in [Compression::None, Compression::DEFLATE] {
        let source = Running::start(config().compression(compression)).await;
        let mut sink =
            AvroSink::new(sink_to(source.address.port()).compression(compression).batch_size(10_000));
        let batch: Vec<Event> = (0..2000).map(|at| Event::new(format!("{at:0>1000}"))).collect();
        sink.deliver(&batch).await.unwrap();
        assert_eq!(drain(&source.stop().await).await, batch);
    }
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed_again_and_again() {
    let first = Running::start(config()).await;
    let port = first.address.port();
    let mut sink = AvroSink::new(sink_to(port).batch_size(10));
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
    let mut sink = AvroSink::new(sink_to(source.address.port()));
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
    let mut sink = AvroSink::new(sink_to(port).backup("127.0.0.1", source.address.port()));
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
    let mut sink = AvroSink::new(sink_to(port).request_timeout(Duration::from_millis(50)));
    let error = sink.deliver(&events(1, 0)).await.unwrap_err();
    let SinkError::Retry(cause) = error else { panic!("{error:?}") };
    assert_eq!(cause.to_string(), format!("127.0.0.1:{port} did not answer within 50ms"));
}

#[tokio::test]
async fn connections_are_made_anew_after_their_interval() {
    let source = Running::start(config().max_connections(1)).await;
    let config = sink_to(source.address.port()).reset_connection_interval(Duration::from_nanos(1));
    let mut sink = AvroSink::new(config);
    for round in 0..3 {
        sink.deliver(&events(2, round * 2)).await.unwrap();
    }
    assert_eq!(source.monitor.connections(), 3);
    assert_eq!(drain(&source.stop().await).await, events(6, 0));
}

#[tokio::test]
async fn answers_that_are_none_break_the_connection_and_not_the_sink() {
    let answers: [&[u8]; 5] = [b"", b"\0", b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0; 40], &[0xff; 100]];
    for answer in answers {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut decoder = FrameDecoder::new(Limits::default());
            while decoder.next_frame().unwrap().is_none() {
                stream.read_buf(decoder.input()).await.unwrap();
            }
            stream.write_all(answer).await.unwrap();
        };
        let mut sink = AvroSink::new(sink_to(port));
        let batch = events(1, 0);
        let (delivered, ()) = tokio::join!(is_delivered(&mut sink, &batch), serve);
        assert!(!delivered, "{answer:?}");
    }
}

#[tokio::test]
async fn the_first_call_has_the_handshake_of_java_and_the_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut decoder = FrameDecoder::new(Limits::default());
        let call = loop {
            if let Some(call) = decoder.next_frame().unwrap() {
                break call;
            }
            stream.read_buf(decoder.input()).await.unwrap();
        };
        // An answer to something else before, and in several buffers.
        let stray = frame(77, |out| out.extend([0, 0, 0]));
        stream.write_all(&stray).await.unwrap();
        stream
            .write_all(b"\0\0\0\x01\0\0\0\x03\0\0\0\x05\0\0\0\x02\0\0\0\0\0\0\0\0\x03\0\0\0")
            .await
            .unwrap();
        call
    };
    let mut sink = AvroSink::new(sink_to(port));
    let batch = events(1, 0);
    let (delivered, call) = tokio::join!(is_delivered(&mut sink, &batch), serve);
    assert!(delivered);
    let request = HandshakeRequest::read(&mut Reader::new(&call.body), &Limits::default()).unwrap();
    assert_eq!((call.serial, request), (1, HandshakeRequest::ours(HASH)));
}

#[tokio::test]
async fn calls_are_shared_out_between_servers_and_one_that_fails_is_left_out() {
    use flowcore::ingest::sink_policy::LoadBalancePolicy;
    let servers = [Running::start(config()).await, Running::start(config()).await];
    let [first, second] = [servers[0].address.port(), servers[1].address.port()];
    let both = |policy| sink_to(first).backup("127.0.0.1", second).load_balance(policy);
    let mut sink = AvroSink::new(both(LoadBalancePolicy::round_robin(2).backoff(true)).batch_size(10));
    sink.deliver(&events(40, 0)).await.unwrap();
    assert_eq!(servers.each_ref().map(|server| server.channel.state().waiting), [20, 20]);
    let [gone, left] = servers;
    drop(gone.kill());
    sink.deliver(&events(40, 0)).await.unwrap();
    assert_eq!(left.channel.state().waiting, 60);
    drop(left.kill());
    assert!(!is_delivered(&mut sink, &events(1, 0)).await);
    let Err(SinkError::Retry(error)) = sink.deliver(&events(1, 0)).await else { panic!("nobody is there") };
    assert_eq!(error.to_string(), "all servers failed lately, and none is tried for a while");
}
