//! Watermarks of one task, against a model that keeps every tuple.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore_testkit::Random;

use super::event_time::Pace;
use super::{Generator, LATEST, Mark};
use crate::base::Timestamp;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

const PACE: Pace = Pace {
    lag: Duration::from_millis(5),
    idle_after: Duration::from_millis(100),
    max_ahead: Duration::from_secs(1),
};

/// Where the topology's clock stands in tests of one batch.
const CLOCK: Timestamp = Timestamp::from_millis(1_000_000);

fn send(generator: &mut Generator, now: i64, tuples: &[i64]) -> Mark {
    generator.begin(at(now), CLOCK);
    for &tuple in tuples {
        generator.observe(0, at(tuple));
    }
    generator.say(at(now), None)
}

fn said(watermark: i64) -> Mark {
    Mark { watermark: Some(at(watermark)), idle: false }
}

#[test]
fn the_watermark_is_the_largest_timestamp_less_the_lag_and_never_goes_back() {
    let mut generator = Generator::new(PACE, at(0));
    assert_eq!(generator.say(at(0), None), Mark::default());
    assert_eq!(send(&mut generator, 1, &[1_000_010, 1_000_030, 1_000_020]), said(1_000_025));
    assert_eq!(send(&mut generator, 2, &[1_000_001]), said(1_000_025));
}

#[test]
fn it_starts_with_the_data_before_1970_too() {
    let mut generator = Generator::new(PACE, at(0));
    assert_eq!(send(&mut generator, 1, &[-500]), said(-505));
    let mut generator = Generator::new(PACE, at(0));
    assert_eq!(send(&mut generator, 1, &[i64::MIN]), said(i64::MIN));
}

#[test]
fn a_timestamp_at_the_end_of_time_is_not_the_end_of_the_input() {
    let mut generator = Generator::new(Pace { lag: Duration::ZERO, max_ahead: Duration::MAX, ..PACE }, at(0));
    let mark = send(&mut generator, 1, &[i64::MAX]);
    assert_eq!(mark.watermark, Some(LATEST));
    assert!(!mark.is_end());
}

#[test]
fn a_timestamp_far_ahead_of_the_clock_is_counted_and_does_not_move_the_watermark() {
    let mut generator = Generator::new(PACE, at(0));
    assert_eq!(send(&mut generator, 1, &[1_000_500, 1_001_001, i64::MAX]), said(1_000_495));
    assert_eq!(generator.seen().ahead, 2);
    assert_eq!(send(&mut generator, 2, &[1_001_000]), said(1_000_995), "as far as it may be");
    assert_eq!(generator.seen().ahead, 0);
}

#[test]
fn in_old_data_a_jump_is_not_believed_before_many_tuples_agree() {
    let mut generator = Generator::new(PACE, at(0));
    assert_eq!(send(&mut generator, 1, &[100, 1_100]), said(1_095));
    assert_eq!(send(&mut generator, 1, &[500_000, 1_200]), said(1_195), "one alone");
    assert_eq!(generator.seen().ahead, 1);
    let jumped: Vec<i64> = (600_000..600_099).rev().collect();
    assert_eq!(send(&mut generator, 1, &jumped), said(1_195), "99 agree");
    assert_eq!(send(&mut generator, 1, &[600_200]), said(599_995), "the earliest of 100");
}

#[test]
fn a_silence_in_live_data_is_not_a_jump() {
    let mut generator = Generator::new(PACE, at(0));
    send(&mut generator, 0, &[1_000_000]);
    let morning = at(1_000_000 + 50_000);
    generator.begin(at(50_000), morning);
    generator.observe(0, morning);
    assert_eq!(generator.say(at(50_000), None), said(1_049_995));
}

#[test]
fn it_is_idle_after_its_time_and_not_while_it_was_blocked() {
    let mut generator = Generator::new(PACE, at(0));
    assert_eq!(generator.idle_at(), Some(at(100)));
    assert_eq!(generator.say(at(99), None), Mark::default());
    assert_eq!(generator.say(at(100), None), Mark { watermark: None, idle: true });
    assert_eq!(generator.idle_at(), None);
    assert_eq!(send(&mut generator, 120, &[1_000_000]), said(999_995));
    generator.was_blocked(Duration::from_millis(180));
    assert_eq!(generator.say(at(399), None), said(999_995));
    let idle = Mark { watermark: Some(at(999_995)), idle: true };
    assert_eq!(generator.say(at(400), None), idle);
}

#[test]
fn what_may_be_sent_again_holds_back_the_watermark_and_idleness() {
    let mut generator = Generator::new(PACE, at(0));
    generator.begin(at(1), CLOCK);
    generator.observe(0, at(1_000_100));
    generator.observe(0, at(1_000_050));
    assert_eq!(generator.seen().earliest, Some(at(1_000_050)));
    assert_eq!(generator.say(at(1), Some(at(1_000_050))), said(1_000_050));
    assert_eq!(generator.say(at(500), Some(at(1_000_060))), said(1_000_060), "not idle either");
    assert_eq!(generator.say(at(501), None), Mark { watermark: Some(at(1_000_095)), idle: true });
    generator.begin(at(502), CLOCK);
    generator.observe(0, at(1_000_000));
    generator.observe(0, at(1_000_095));
    assert_eq!(generator.seen().earliest, Some(at(1_000_095)), "what is late holds nothing back");
}

#[test]
fn the_slowest_partition_that_is_not_idle_counts() {
    let mut generator = Generator::new(PACE, at(0));
    generator.begin(at(0), CLOCK);
    generator.observe(0, at(1_000_000));
    generator.observe(1, at(1_000_500));
    assert_eq!(generator.say(at(0), None), said(999_995));
    assert_eq!(generator.slowest(), Some((0, at(0), Some(at(100)))));
    generator.begin(at(60), CLOCK);
    generator.observe(1, at(1_000_700));
    assert_eq!(generator.say(at(60), None), said(999_995));
    assert_eq!(generator.say(at(100), None), said(1_000_695), "the first is idle");
}

/// Every tuple ever sent, by partition, with when it was sent.
#[derive(Default)]
struct Model {
    sent: BTreeMap<usize, Vec<(i64, Timestamp)>>,
    largest_said: Option<Timestamp>,
}

impl Model {
    fn watermark(&mut self, now: i64, hold: Option<Timestamp>) -> Mark {
        let last = |tuples: &Vec<(i64, Timestamp)>| tuples.iter().map(|(sent, _)| *sent).max().unwrap();
        let largest = |tuples: &Vec<(i64, Timestamp)>| tuples.iter().map(|(_, at)| *at).max().unwrap();
        let active: Vec<_> = self.sent.values().filter(|tuples| now - last(tuples) < 100).collect();
        let idle = active.is_empty() && (!self.sent.is_empty() || now >= 100);
        let reached =
            if idle { self.sent.values().map(largest).max() } else { active.into_iter().map(largest).min() };
        let reached = reached.map(|reached| reached - PACE.lag);
        let limited = reached.map(|reached| hold.map_or(reached, |hold| hold.min(reached)));
        self.largest_said = self.largest_said.max(limited);
        Mark { watermark: self.largest_said, idle: idle && hold.is_none() }
    }
}

#[test]
fn on_random_schedules_it_says_what_follows_of_every_tuple() {
    for seed in 0..500 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let (mut generator, mut model) = (Generator::new(PACE, at(0)), Model::default());
        let (mut now, mut known) = (0, 0);
        for step in 0..300 {
            let most = if random.percent(5) { 150 } else { 20 };
            now += i64::try_from(random.below(most)).unwrap();
            if random.percent(60) {
                generator.begin(at(now), CLOCK);
                for _ in 0..random.below(5) {
                    // Partitions are numbered as they come.
                    let slot = random.index((known + 1).min(4));
                    known = known.max(slot + 1);
                    let timestamp =
                        CLOCK - Duration::from_millis(random.below(900)) + Duration::from_millis(step);
                    generator.observe(slot, timestamp);
                    model.sent.entry(slot).or_default().push((now, timestamp));
                }
            }
            let hold = random.percent(20).then(|| CLOCK - Duration::from_millis(random.below(500)));
            assert_eq!(generator.say(at(now), hold), model.watermark(now, hold), "at step {step}");
        }
    }
}
