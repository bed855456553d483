//! The pump is killed at any message, again and again.

use std::collections::BTreeSet;

use flowcore_testkit::Random;
use jiff::Timestamp;
use ny_power::interval::Interval;

use super::messages::Message;
use super::replay::{days, intervals};
use super::site::{BOTH, Kind, Site};

const KILLS: usize = 20;
/// A kill comes after fewer messages, so that the input is not through before the last one.
const MESSAGES: u64 = 110;

/// Runs the pump over a day, and kills it after random messages. Returns everything that came.
async fn pumped_with_kills(kind: Kind, seed: u64) -> (Vec<Message>, BTreeSet<Timestamp>) {
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let input = days(folder.path(), 1);
    let expected: BTreeSet<Timestamp> = intervals(&input).iter().map(Interval::at).collect();
    let site = Site::start(kind).await;
    let mut subscriber = site.subscribe("ny-power/#", &[]).await;
    let arguments = ["--input", input.to_str().unwrap(), "--speed", "max"];
    let mut messages = Vec::new();
    for _ in 0..KILLS {
        let mut pump = site.role("pump", &arguments);
        for _ in 0..=random.below(MESSAGES) {
            messages.push(Message::parse(&subscriber.next().await));
        }
        pump.kill();
    }
    let mut pump = site.role("pump", &arguments);
    assert!(pump.end().await.success(), "{}", pump.said());
    let last = *expected.last().unwrap();
    messages.extend(super::replay::until_status(&mut subscriber, last).await);
    (messages, expected)
}

#[tokio::test]
async fn every_interval_is_published_and_the_status_never_goes_back_however_often_the_pump_is_killed() {
    for (kind, seed) in BOTH.into_iter().zip([11, 12]) {
        let (messages, expected) = pumped_with_kills(kind, seed).await;
        let of = |wanted: fn(&Message) -> bool| messages.iter().filter(move |message| wanted(message));
        let computed: BTreeSet<Timestamp> = of(Message::is_computed).map(Message::at).collect();
        assert_eq!(computed, expected);
        let upstream: BTreeSet<(Timestamp, &str)> =
            of(Message::is_upstream).map(|message| (message.at(), &*message.topic)).collect();
        assert_eq!(upstream.len(), expected.len() * 7);
        let statuses: Vec<Timestamp> = of(Message::is_status).map(Message::at).collect();
        assert!(statuses.is_sorted(), "the status went back");
        let again = of(Message::is_computed).count() - expected.len();
        println!("{again} of {} intervals came again", expected.len());
        assert!(again <= KILLS, "an interval more than the one under way comes again");
        // The status comes last: whoever finds it finds the rest of its interval.
        let mut seen = BTreeSet::new();
        for message in &messages {
            if message.is_computed() {
                seen.insert(message.at());
            }
            assert!(!message.is_status() || seen.contains(&message.at()), "{message:?} came too early");
        }
    }
}
