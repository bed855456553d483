//! The throttle against everything that can be offered to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use coffee_orders::packet::{Count, Dimension, Statistics};
use coffee_orders::web::Throttle;

const INTERVAL: Duration = Duration::from_millis(250);

fn packet(branch: &str, date: u32, count: u64) -> Arc<Statistics> {
    Arc::new(Statistics {
        branch: branch.to_owned(),
        dimension: Dimension::Orders,
        date: format!("{date:014}"),
        counts: vec![Count { kind: "Espresso".to_owned(), count }],
    })
}

/// splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[test]
fn whatever_is_offered_nobody_gets_more_than_one_in_an_interval_and_the_newest_arrives() {
    for seed in 0..200 {
        println!("seed {seed}");
        let mut state = seed;
        let mut throttle = Throttle::new(INTERVAL);
        let (mut now, mut date, mut count) = (Duration::ZERO, 0, 0);
        let mut offered = BTreeMap::new();
        let mut sent: BTreeMap<String, (Duration, Arc<Statistics>)> = BTreeMap::new();
        for step in 0..400 {
            let ends = step >= 390;
            if !ends && next(&mut state).is_multiple_of(2) {
                date += u32::from(next(&mut state).is_multiple_of(20));
                count += 1;
                let branch = ["all", "sunae"][usize::from(next(&mut state).is_multiple_of(2))];
                throttle.offer(packet(branch, date, count));
                offered.insert(branch.to_owned(), packet(branch, date, count));
            }
            now += if ends { INTERVAL } else { Duration::from_millis(next(&mut state) % 100) };
            while let Some(packet) = throttle.take(now) {
                let last = sent.insert(packet.branch.clone(), (now, Arc::clone(&packet)));
                if let Some((at, last)) = last {
                    assert!(now >= at + INTERVAL, "one at {at:?}, the next at {now:?}");
                    assert!((&last.date, last.counts[0].count) < (&packet.date, packet.counts[0].count));
                }
            }
            assert!(throttle.waiting() <= 4, "{} wait", throttle.waiting());
        }
        assert_eq!(throttle.due(), None);
        let arrived: BTreeMap<_, _> =
            sent.into_iter().map(|(branch, (_, packet))| (branch, packet)).collect();
        assert_eq!(arrived, offered);
    }
}

#[test]
fn of_more_than_two_buckets_that_wait_the_oldest_is_forgotten() {
    let mut throttle = Throttle::new(INTERVAL);
    for (date, count) in [(2, 1), (1, 1), (3, 1), (2, 5), (1, 9)] {
        throttle.offer(packet("all", date, count));
    }
    assert_eq!(throttle.waiting(), 2);
    assert_eq!(throttle.take(Duration::ZERO), Some(packet("all", 2, 5)));
    assert_eq!(throttle.take(INTERVAL), Some(packet("all", 3, 1)));
    assert_eq!(throttle.take(2 * INTERVAL), None);
}

#[test]
fn branches_do_not_wait_for_each_other() {
    let mut throttle = Throttle::new(INTERVAL);
    for branch in ["all", "sunae", "migeum"] {
        throttle.offer(packet(branch, 1, 1));
    }
    assert_eq!(std::iter::from_fn(|| throttle.take(Duration::ZERO)).count(), 3);
}
