use flowcore_net::{NetcatUdpConfig, NetcatUdpSource};
use flowcore_testkit::{pause, within};
use tokio::net::UdpSocket;

use crate::drive::Driven;

fn config() -> NetcatUdpConfig {
    NetcatUdpConfig::new("127.0.0.1", 0)
}

async fn sender(driven: &Driven) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(driven.addresses[0]).await.unwrap();
    socket
}

#[tokio::test]
async fn a_datagram_is_one_event_to_its_newline_and_the_cut_is_counted() {
    let source = NetcatUdpSource::new(config().remote_address_header("from"));
    let (addresses, cut) = (source.addresses(), source.cut());
    let driven = Driven::new(source, addresses).await;
    let socket = sender(&driven).await;
    for datagram in ["one", "two\n", "three\nlost\n", "", "\u{C3}\n"] {
        socket.send(datagram.as_bytes()).await.unwrap();
    }
    let events = driven.events(5).await;
    let bodies: Vec<_> = events.iter().map(|event| &event.body[..]).collect();
    assert_eq!(bodies, [&b"one"[..], b"two", b"three", b"", "\u{C3}".as_bytes()]);
    let from = socket.local_addr().unwrap().to_string();
    assert!(events.iter().all(|event| event.headers.get("from") == Some(from.as_str())));
    assert_eq!(cut.count(), 1);
    driven.stop().await;
}

#[tokio::test]
async fn a_full_channel_loses_datagrams_and_counts_them() {
    let source = NetcatUdpSource::new(config());
    let (addresses, lost) = (source.addresses(), source.lost());
    let driven = Driven::with_room(source, addresses, 5).await;
    let socket = sender(&driven).await;
    within(async {
        while lost.count() == 0 {
            socket.send(b"x").await.unwrap();
            pause(1).await;
        }
    })
    .await;
    let events = driven.events(5).await;
    assert!(events.iter().all(|event| event.headers.is_empty() && event.body == "x"));
    driven.stop().await;
}
