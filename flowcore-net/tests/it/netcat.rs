use flowcore_net::{Charset, NetcatConfig, NetcatSource};
use flowcore_testkit::{Random, free_port, until, within};
use tokio::io::AsyncWriteExt;

use crate::drive::{Driven, receive, rest, send};

async fn netcat(config: NetcatConfig) -> Driven {
    let source = NetcatSource::new(config);
    let addresses = source.addresses();
    Driven::new(source, addresses).await
}

fn config() -> NetcatConfig {
    NetcatConfig::new("127.0.0.1", 0)
}

#[tokio::test]
async fn every_line_is_an_event_and_is_answered_when_the_channel_has_it() {
    let driven = netcat(config()).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"one\r\ntwo\nthr").await;
    assert_eq!(receive(&mut stream, 6).await, "OK\nOK\n");
    assert_eq!(driven.waiting(), 2);
    send(&mut stream, b"ee\nlost").await;
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await, "OK\n");
    assert_eq!(driven.bodies(3).await, ["one\r", "two", "three"]);
    assert_eq!(driven.waiting(), 0, "a last line without a newline is dropped");
    driven.stop().await;
}

#[tokio::test]
async fn lines_are_not_answered_when_nobody_wants_that() {
    let driven = netcat(config().ack_every_event(false)).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"one\ntwo\n").await;
    stream.shutdown().await.unwrap();
    assert_eq!(driven.bodies(2).await, ["one", "two"]);
    assert_eq!(rest(&mut stream).await, "");
    driven.stop().await;
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_and_ends_its_connection_alone() {
    let driven = netcat(config().max_line_length(5)).await;
    let (mut long, mut other) = (driven.connect().await, driven.connect().await);
    send(&mut long, b"good\n12345\nafter\n").await;
    let refused = "FAILED: Event exceeds the maximum length (5 chars, including newline)\n";
    assert_eq!(rest(&mut long).await, format!("OK\n{refused}"));
    send(&mut other, b"1234\n").await;
    assert_eq!(receive(&mut other, 3).await, "OK\n");
    assert_eq!(driven.bodies(2).await, ["good", "1234"]);
    driven.stop().await;
}

#[tokio::test]
async fn bytes_of_another_encoding_end_the_connection() {
    let driven = netcat(config()).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"good\n\xFF\xFE\n").await;
    assert_eq!(rest(&mut stream).await, "OK\n");
    assert_eq!(driven.bodies(1).await, ["good"]);
    driven.stop().await;
}

#[tokio::test]
async fn bodies_are_utf_8_whatever_they_came_in() {
    let driven = netcat(config().encoding(Charset::named("ISO-8859-1").unwrap())).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"caf\xE9\n").await;
    assert_eq!(receive(&mut stream, 3).await, "OK\n");
    assert_eq!(driven.bodies(1).await, ["café"]);
    driven.stop().await;
}

#[tokio::test]
async fn a_full_channel_is_said_and_the_connection_stays_also_without_acks() {
    for acks in [true, false] {
        let source = NetcatSource::new(config().ack_every_event(acks));
        let addresses = source.addresses();
        let driven = Driven::with_room(source, addresses, 2).await;
        let mut stream = driven.connect().await;
        send(&mut stream, b"one\n").await;
        until(async || driven.waiting() == 1).await;
        send(&mut stream, b"two\n").await;
        until(async || driven.waiting() == 2).await;
        if acks {
            assert_eq!(receive(&mut stream, 6).await, "OK\nOK\n");
        }
        send(&mut stream, b"three\n").await;
        let failed = "FAILED: channel memory refused the event: it stayed full\n";
        assert_eq!(receive(&mut stream, failed.len()).await, failed);
        assert_eq!(driven.bodies(2).await, ["one", "two"]);
        send(&mut stream, b"four\n").await;
        assert_eq!(driven.bodies(1).await, ["four"]);
        driven.stop().await;
    }
}

/// A read has more lines than a transaction may have events.
#[tokio::test]
async fn many_lines_at_once_are_all_answered() {
    let driven = netcat(config()).await;
    let mut stream = driven.connect().await;
    send(&mut stream, &b"\n".repeat(3000)).await;
    assert_eq!(receive(&mut stream, 9000).await, "OK\n".repeat(3000));
    assert_eq!(driven.bodies(3000).await, vec![String::new(); 3000]);
    driven.stop().await;
}

#[tokio::test]
async fn more_connections_than_may_be_wait_for_one_to_end() {
    let driven = netcat(config().max_connections(1)).await;
    let mut first = driven.connect().await;
    send(&mut first, b"first\n").await;
    assert_eq!(receive(&mut first, 3).await, "OK\n");
    let mut second = driven.connect().await;
    send(&mut second, b"second\n").await;
    send(&mut first, b"first again\n").await;
    assert_eq!(receive(&mut first, 3).await, "OK\n");
    assert_eq!(driven.bodies(2).await, ["first", "first again"]);
    drop(first);
    assert_eq!(receive(&mut second, 3).await, "OK\n");
    assert_eq!(driven.bodies(1).await, ["second"]);
    driven.stop().await;
}

#[tokio::test]
async fn lines_in_random_pieces_from_several_connections_keep_their_order() {
    let seed = 5;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let driven = netcat(config()).await;
    let mut streams = [driven.connect().await, driven.connect().await, driven.connect().await];
    let names = ["a", "b", "c"];
    let texts = names.map(|name| (0..200).map(|line| format!("{name}{line}")).collect::<Vec<_>>());
    let bytes = texts.clone().map(|lines| lines.join("\n") + "\n");
    let mut sent = [0; 3];
    while (0..3).any(|at| sent[at] < bytes[at].len()) {
        let at = random.index(3);
        let piece = &bytes[at].as_bytes()[sent[at]..];
        let piece = &piece[..random.index(40).min(piece.len())];
        send(&mut streams[at], piece).await;
        sent[at] += piece.len();
    }
    let bodies = driven.bodies(600).await;
    for (name, lines) in names.iter().zip(&texts) {
        let own: Vec<_> = bodies.iter().filter(|body| body.starts_with(name)).cloned().collect();
        assert_eq!(&own, lines);
    }
    driven.stop().await;
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_frees_the_port() {
    let driven = netcat(NetcatConfig::new("127.0.0.1", free_port())).await;
    let address = driven.addresses[0];
    let mut stream = driven.connect().await;
    send(&mut stream, b"one\n").await;
    assert_eq!(receive(&mut stream, 3).await, "OK\n");
    driven.stop().await;
    assert_eq!(rest(&mut stream).await, "");
    assert!(within(tokio::net::TcpStream::connect(address)).await.is_err());
}
