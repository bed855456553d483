//! Sessions and a broker that is killed, as a process of its own.

use super::client::{Client, Hello};
use super::tool::{Subscriber, VERSIONS};
use crate::program::site::{Kind, PASSWORD, Site};

const TOPIC: &str = "ny-power/x";
const COUNT: usize = 150;
const KEPT: Hello<'static> = Hello { v5: true, name: "archive", clean: false, pump: true };

async fn restart(site: &mut Site) {
    site.kill_broker();
    site.start_broker().await;
}

#[tokio::test]
async fn what_a_client_that_is_away_was_owed_comes_in_order_after_the_broker_was_killed() {
    let mut site = Site::start(Kind::Own).await;
    for version in VERSIONS {
        for qos in ["1", "2"] {
            let name = format!("{version}-{qos}");
            let session = ["-u", "pump", "-P", PASSWORD, "-i", &name, "-c", "-V", version];
            let expiry: &[&str] = if version == "mqttv5" { &["-x", "3600"] } else { &[] };
            let arguments = [&session, expiry, &["-q", qos, "-t", TOPIC]].concat();
            drop(Subscriber::start(site.port, &arguments).await);
            let (mut writer, _) = Client::tcp(site.port).await.hello(Hello::pump()).await;
            for number in 0..COUNT {
                writer.deliver(TOPIC, &number.to_string(), 2, false).await;
                if number % 50 == 20 {
                    restart(&mut site).await;
                    writer = Client::tcp(site.port).await.hello(Hello::pump()).await.0;
                }
            }
            restart(&mut site).await;
            let messages = Subscriber::resume(site.port, &arguments).take(COUNT).await;
            let wanted: Vec<String> = (0..COUNT).map(|number| format!("{TOPIC} {qos} 0 {number}")).collect();
            assert_eq!(messages, wanted, "{name}");
        }
    }
}

#[tokio::test]
async fn what_was_under_way_comes_again_after_the_broker_was_killed_with_its_id() {
    let mut site = Site::start(Kind::Own).await;
    let (mut client, present) = Client::tcp(site.port).await.hello(KEPT).await;
    assert!(!present);
    client.subscribe("ny-power/#", 2).await;
    let (mut writer, _) = Client::tcp(site.port).await.hello(Hello::pump()).await;
    for (payload, qos) in [("a", 2), ("b", 1), ("c", 2)] {
        writer.deliver(TOPIC, payload, qos, false).await;
    }
    let mut first = Vec::new();
    for _ in 0..3 {
        let raw = client.raw().await.unwrap();
        first.push(client.received(&raw));
    }
    client.acknowledge(0x50, first[0].id).await;
    assert_eq!(client.raw().await.unwrap().packet_type(), 6);
    restart(&mut site).await;

    let (mut client, present) = Client::tcp(site.port).await.hello(KEPT).await;
    assert!(present);
    let release = client.raw().await.unwrap();
    assert_eq!((release.packet_type(), release.data_as_slice()[1]), (6, first[0].id.to_be_bytes()[1]));
    for old in &first[1..] {
        let raw = client.raw().await.unwrap();
        let again = client.received(&raw);
        assert!(again.again && !old.again);
        assert_eq!((&again.payload, again.id), (&old.payload, old.id));
    }
}

#[tokio::test]
async fn a_message_of_quality_2_that_is_sent_again_to_the_next_broker_is_taken_once() {
    let mut site = Site::start(Kind::Own).await;
    for v5 in [false, true] {
        let reader_hello = Hello { v5, name: if v5 { "reader 5" } else { "reader" }, ..KEPT };
        let (mut reader, _) = Client::tcp(site.port).await.hello(reader_hello).await;
        reader.subscribe(TOPIC, 2).await;
        drop(reader);
        let hello = Hello { v5, name: "writer", ..KEPT };
        let (mut writer, _) = Client::tcp(site.port).await.hello(hello).await;
        writer.publish(TOPIC, "once", 2, 5, false).await;
        assert_eq!(writer.raw().await.unwrap().packet_type(), 5);
        restart(&mut site).await;
        let (mut writer, present) = Client::tcp(site.port).await.hello(hello).await;
        assert!(present);
        writer.publish(TOPIC, "once", 2, 5, false).await;
        assert_eq!(writer.answered(2).await, 0);
        writer.deliver(TOPIC, "after", 1, false).await;
        restart(&mut site).await;
        let (mut reader, present) = Client::tcp(site.port).await.hello(reader_hello).await;
        assert!(present);
        assert_eq!(reader.message().await.payload, "once");
        assert_eq!(reader.message().await.payload, "after");
    }
}

#[tokio::test]
async fn a_session_of_nobody_known_or_that_was_not_to_be_kept_is_not_there_after_the_broker_was_killed() {
    let mut site = Site::start(Kind::Own).await;
    let clean = Hello { clean: true, name: "clean", ..KEPT };
    let anonymous = Hello { pump: false, name: "anonymous", ..KEPT };
    let ended = Hello { name: "ended", ..KEPT };
    for hello in [clean, anonymous, ended] {
        let (mut client, present) = Client::tcp(site.port).await.hello(hello).await;
        assert!(!present);
        client.subscribe(TOPIC, 1).await;
    }
    // It is asked for again, and not wanted any more.
    let (_, present) = Client::tcp(site.port).await.hello(Hello { clean: true, ..ended }).await;
    assert!(!present);
    restart(&mut site).await;
    for hello in [clean, anonymous] {
        let (_, present) = Client::tcp(site.port).await.hello(Hello { clean: false, ..hello }).await;
        assert!(!present, "{}", hello.name);
    }
}
