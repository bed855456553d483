use std::collections::BTreeSet;
use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::sink_policy::LoadBalancePolicy;
use flowcore::ingest::{MemoryChannel, Sink, SinkError};
use flowcore_rpc::{ConnectConfig, ListenConfig};
use flowcore_testkit::{drain, free_port, pause, take, until};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::lines::{Lines, LinesSink};
use crate::running::{Running, config, words};

fn to(port: u16) -> ConnectConfig {
    ConnectConfig::new("127.0.0.1", port)
}

fn sink(config: ConnectConfig) -> LinesSink {
    LinesSink::new(Lines::new(config))
}

async fn is_delivered(sink: &mut LinesSink, events: &[Event]) -> bool {
    match sink.deliver(events).await {
        Ok(()) => true,
        Err(error) => {
            assert!(error.retries(), "{error:?}");
            false
        }
    }
}

/// What a sink says, without its cause, and whether it may be tried again.
async fn refusal(config: ConnectConfig) -> (String, bool) {
    match sink(config).deliver(&words(0..1)).await.unwrap_err() {
        SinkError::Retry(cause) => (cause.to_string(), true),
        SinkError::Fatal(cause) => (cause.to_string(), false),
    }
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed_again_and_again() {
    // One that nobody else gets while the server is away.
    let port = free_port();
    let first = Running::start(ListenConfig::new("127.0.0.1", port)).await;
    let mut sink = sink(to(port).batch_size(10));
    let mut arrived = BTreeSet::new();
    let mut server = Some(first);
    for round in 0..20 {
        let batch = words(round * 10..round * 10 + 10);
        if round % 4 == 3 {
            // Killed: its channel has what was answered.
            let killed = server.take().unwrap().source.kill();
            arrived.extend(drain(&killed).await.iter().map(|event| event.body.clone()));
            assert!(!is_delivered(&mut sink, &batch).await, "nobody is there");
            server = Some(Running::start(ListenConfig::new("127.0.0.1", port)).await);
        }
        while !is_delivered(&mut sink, &batch).await {
            pause(10).await;
        }
    }
    arrived.extend(server.unwrap().stop().await.iter().map(|event| event.body.clone()));
    assert_eq!(arrived, words(0..200).into_iter().map(|event| event.body).collect());
}

#[tokio::test]
async fn a_refusal_fails_the_delivery_and_the_same_events_come_through_later() {
    let channel = MemoryChannel::builder().capacity(10).keep_alive(Duration::from_millis(1)).build("small");
    let source = Running::of(Lines::new(config()), channel).await;
    let mut sink = sink(to(source.address.port()));
    assert!(is_delivered(&mut sink, &words(0..8)).await);
    assert!(!is_delivered(&mut sink, &words(8..16)).await);
    assert_eq!(take(source.source.channel(), 8).await, words(0..8));
    assert!(is_delivered(&mut sink, &words(8..16)).await);
    assert_eq!(source.stop().await, words(8..16));
}

#[tokio::test]
async fn a_backup_takes_over_and_keeps_the_connection() {
    let source = Running::start(config()).await;
    let mut sink = sink(to(free_port()).backup("127.0.0.1", source.address.port()));
    for round in 0..3 {
        sink.deliver(&words(round * 5..round * 5 + 5)).await.unwrap();
    }
    assert_eq!(source.monitor.connections(), 1);
    assert_eq!(source.stop().await, words(0..15));
}

#[tokio::test]
async fn calls_are_shared_out_between_servers_and_one_that_fails_is_left_out() {
    let servers = [Running::start(config()).await, Running::start(config()).await];
    let [first, second] = [servers[0].address.port(), servers[1].address.port()];
    let both = to(first).backup("127.0.0.1", second);
    let both = both.load_balance(LoadBalancePolicy::round_robin(2).backoff(true)).batch_size(10);
    let mut sink = sink(both);
    sink.deliver(&words(0..40)).await.unwrap();
    assert_eq!(servers.each_ref().map(Running::waiting), [20, 20]);
    let [gone, left] = servers;
    drop(gone.source.kill());
    sink.deliver(&words(0..40)).await.unwrap();
    assert_eq!(left.waiting(), 60);
    drop(left.source.kill());
    // Who is slow here finds that the rest of the first one is over, and tries it again.
    until(async || {
        let Err(SinkError::Retry(error)) = sink.deliver(&words(0..1)).await else {
            panic!("nobody is there")
        };
        error.to_string() == "all servers failed lately, and none is tried for a while"
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_divided_by_its_batch_size_and_by_what_fits_into_a_call() {
    let channel = MemoryChannel::builder().capacity(1000).transaction(7).build("memory");
    let source = Running::of(Lines::new(config()), channel).await;
    let mut sink = sink(to(source.address.port()).batch_size(7));
    let mut sent = words(0..50);
    sent.extend([Event::new("y".repeat(900)), Event::new("y".repeat(999)), Event::new("z")]);
    sink.deliver(&sent).await.unwrap();
    assert_eq!(source.stop().await, sent);
}

#[tokio::test]
async fn several_connections_share_the_calls_of_a_delivery() {
    let source = Running::start(config()).await;
    let mut sink = sink(to(source.address.port()).batch_size(5).max_connections(3));
    sink.deliver(&words(0..5)).await.unwrap();
    assert_eq!(source.monitor.connections(), 1);
    sink.deliver(&words(5..100)).await.unwrap();
    assert_eq!((source.monitor.open_connections(), source.monitor.connections()), (3, 3));
    assert_eq!(source.waiting(), 100);
}

#[tokio::test]
async fn connections_are_made_anew_after_their_interval() {
    let source = Running::start(config().max_connections(1)).await;
    let mut sink = sink(to(source.address.port()).reset_connection_interval(Duration::from_nanos(1)));
    for round in 0..3 {
        sink.deliver(&words(round..round + 1)).await.unwrap();
    }
    assert_eq!(source.monitor.connections(), 3);
    assert_eq!(source.stop().await, words(0..3));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_after_the_time_for_a_request() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let said = refusal(to(port).request_timeout(Duration::from_millis(50))).await;
    assert_eq!(said, (format!("127.0.0.1:{port} did not answer within 50ms"), true));
    let nobody = free_port();
    assert_eq!(refusal(to(nobody)).await, (format!("cannot connect to 127.0.0.1:{nobody}"), true));
}

/// A server that answers each call with the next of these; what it was asked.
async fn serve(listener: TcpListener, answers: &[&str]) -> Vec<String> {
    let (stream, _) = listener.accept().await.unwrap();
    let (mut stream, mut asked) = (BufReader::new(stream), Vec::new());
    for answer in answers {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        asked.push(line);
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    asked
}

#[tokio::test]
async fn a_call_is_asked_again_when_the_server_says_so_and_other_answers_are_passed_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut sink = sink(to(listener.local_addr().unwrap().port()));
    let answers = ["stray\nagain\n", "stray\nstray\ntaken\n"];
    let batch = words(0..2);
    let (delivered, asked) = tokio::join!(is_delivered(&mut sink, &batch), serve(listener, &answers));
    assert!(delivered);
    assert_eq!(asked, ["w0 w1 \n", "w0 w1 \n"]);
}

#[tokio::test]
async fn answers_that_are_none_fail_the_delivery_and_say_why() {
    let long = format!("{}\n", "x".repeat(2000));
    let strays = "stray\n".repeat(100);
    for (answer, said, retries) in [
        ("refused\n", "SERVER answered \"refused\"", true),
        ("no\n", "SERVER answered with an error: no", true),
        ("stranger\n", "SERVER does not know Flume's protocol", false),
        (&*strays, "SERVER does not know Flume's protocol", false),
        ("tak", "the connection to SERVER broke", true),
        ("", "the connection to SERVER broke", true),
        (&*long, "the connection to SERVER broke", true),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let answers = [answer];
        let (refused, _) = tokio::join!(refusal(to(server.port())), serve(listener, &answers));
        assert_eq!(refused, (said.replace("SERVER", &server.to_string()), retries), "{answer:?}");
    }
}
