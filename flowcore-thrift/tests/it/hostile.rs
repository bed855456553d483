use std::time::Duration;

use flowcore::event::Event;
use flowcore_testkit::{Random, until};
use flowcore_thrift::wire::{Limits, Status};

use crate::agent::{Running, config};
use crate::client::{Client, call, frame};

#[tokio::test]
async fn bytes_that_were_changed_end_one_connection_and_never_the_source() {
    let mut random = Random::seeded(3);
    let limits = Limits { frame_bytes: 1 << 20, ..Limits::default() };
    let source = Running::start(config().limits(limits).frame_timeout(Duration::from_millis(50))).await;
    let mut good = Client::connect(source.address).await;
    assert_eq!(good.put(1, &[Event::new("first")]).await, Status::Ok);
    for _ in 0..300 {
        let events = vec![Event::new("x").with_header("name", "value"); 3];
        let mut bytes = call(1, &events);
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
    assert_eq!(good.put(2, &[Event::new("last")]).await, Status::Ok);
    assert!(source.monitor.broken_connections() > 0);
    let events = source.stop().await;
    assert_eq!(events.first().unwrap().body, "first");
    assert_eq!(events.last().unwrap().body, "last");
}

#[tokio::test]
async fn what_is_no_call_closes_its_connection() {
    let deep = frame(|out| {
        out.extend(b"\x82\x21\x01\x06append");
        out.extend(vec![0x1c; 100_000]);
    });
    let table: [(&str, &[u8]); 9] = [
        ("a frame beyond the limit", b"\x7f\xff\xff\xff"),
        ("a negative length", b"\xff\xff\xff\xff"),
        ("another protocol", b"GET / HTTP/1.1\r\n\r\n"),
        ("tls", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"),
        ("an empty frame", b"\0\0\0\0"),
        ("half a message", b"\0\0\0\x05\x82\x21\x01\x06a"),
        ("an answer", b"\0\0\0\x0b\x82\x41\x01\x06append\0"),
        ("more events than can be", b"\0\0\0\x16\x82\x21\x01\x0bappendBatch\x19\xfc\xff\xff\xff\x07\0"),
        ("structures without end", &deep),
    ];
    let source = Running::start(config()).await;
    for (at, (what, bytes)) in (1..).zip(table) {
        let mut client = Client::connect(source.address).await;
        client.send(bytes).await;
        assert_eq!(client.receive().await, None, "{what}");
        until(async || source.monitor.broken_connections() == at).await;
    }
    assert!(source.stop().await.is_empty());
}
