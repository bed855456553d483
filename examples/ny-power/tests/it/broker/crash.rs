use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowcore::base::{Clock, TaskSet};
use flowcore_testkit::Random;
use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;
use ny_power::broker::Limits;
use tokio::time::timeout;

use super::client::{Client, Hello, PATIENCE, publish};
use super::running::Running;

const TOPIC: &str = "ny-power/status/fuel-mix/updated";

/// Publishes one number after the other as fast as the window of ten allows, until the broker is gone.
async fn count_on(mut writer: Client, mut number: u64) {
    for id in 1..=10 {
        number += 1;
        writer.publish(TOPIC, &number.to_string(), 1, id, true).await;
    }
    while let Some(raw) = writer.raw().await {
        number += 1;
        let id = u16::from_be_bytes([raw.data_as_slice()[0], raw.data_as_slice()[1]]);
        let packet = publish(true, TOPIC, &number.to_string(), 1, id, true);
        if !writer.try_send(&packet.to_continuous_buffer()).await {
            return;
        }
    }
}

async fn watch(mut reader: Client, highest: Arc<AtomicU64>) {
    while let Some(raw) = reader.raw().await {
        let number: u64 = reader.received(&raw).payload.parse().unwrap();
        assert!(highest.fetch_max(number, Ordering::SeqCst) <= number, "it went back to {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_never_goes_back_through_crashes() {
    let seed = 7;
    let mut random = Random::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let highest = Arc::new(AtomicU64::new(0));
    for round in 0..20 {
        let broker = Running::in_dir(dir.path(), Limits::default()).await;
        let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
        reader.subscribe(TOPIC, 0).await;
        // It goes on from what is retained, as the pump does.
        let mut before = 0;
        if round > 0 {
            before = reader.message().await.payload.parse().unwrap();
            let last = highest.fetch_max(before, Ordering::SeqCst);
            assert!(last <= before, "seed {seed}, round {round}: {last} was seen, {before} is retained");
        }
        let (writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
        let mut tasks = TaskSet::new();
        tasks.spawn("reader", watch(reader, highest.clone()));
        tasks.spawn("writer", count_on(writer, before));
        let many = async {
            while highest.load(Ordering::SeqCst) < before + 30 {
                Clock::system().sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, many).await.expect("messages come");
        Clock::system().sleep(Duration::from_micros(random.below(5000))).await;
        drop(broker);
        while let Some((name, end)) = tasks.next().await {
            assert!(
                matches!(end, flowcore::base::TaskEnd::Done(())),
                "seed {seed}, round {round}: {name} {end:?}"
            );
        }
    }
    println!("{} messages", highest.load(Ordering::SeqCst));
}
