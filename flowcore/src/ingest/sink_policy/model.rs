//! Both policies beside what is said about them, under random schedules.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{FailoverPolicy, LoadBalancePolicy, SinkPolicy};
use crate::base::Timestamp;
use crate::ingest::random::mixed;

struct Random(u64, u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.1 += 1;
        usize::try_from(mixed(self.0, self.1) % bound as u64).unwrap()
    }
}

struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with seed {}", self.0);
        }
    }
}

/// Sinks in line by priority, and those that rest: failures in a row, and until when in milliseconds.
struct Failover {
    line: BTreeMap<i64, usize>,
    rest: BTreeMap<usize, (u32, i64)>,
    priorities: Vec<i64>,
}

impl Failover {
    /// The sinks that try a batch at `now`, of which those in `broken` fail, and who delivers it.
    fn batch(&mut self, now: i64, broken: &[bool]) -> (Vec<usize>, Option<usize>) {
        let mut due: Vec<(i64, usize)> =
            self.rest.iter().filter(|(_, rest)| rest.1 <= now).map(|(sink, rest)| (rest.1, *sink)).collect();
        due.sort_unstable();
        let mut tried = Vec::new();
        for (_, sink) in due {
            tried.push(sink);
            if !broken[sink] {
                self.rest.remove(&sink);
                self.line.insert(self.priorities[sink], sink);
                return (tried, Some(sink));
            }
            let failures = self.rest[&sink].0 + 1;
            self.rest.insert(sink, (failures, now + penalty(failures)));
        }
        while let Some((priority, sink)) = self.line.last_key_value().map(|(p, s)| (*p, *s)) {
            tried.push(sink);
            if !broken[sink] {
                return (tried, Some(sink));
            }
            self.line.remove(&priority);
            self.rest.insert(sink, (1, now + penalty(1)));
        }
        (tried, None)
    }
}

fn penalty(failures: u32) -> i64 {
    (1_000 * 2_i64.pow(failures.min(20))).min(10_000)
}

fn play(policy: &mut impl SinkPolicy, now: i64, broken: &[bool]) -> (Vec<usize>, Option<usize>) {
    let now = Timestamp::from_millis(now);
    let mut tried = Vec::new();
    policy.begin(now);
    while let Some(sink) = policy.next() {
        tried.push(sink);
        if !broken[sink] {
            policy.delivered(sink, now);
            return (tried, Some(sink));
        }
        policy.failed(sink, now);
    }
    (tried, None)
}

#[test]
fn failover_tries_the_sinks_that_its_model_tries() {
    for seed in 0..300 {
        let _told = Told(seed);
        let mut random = Random(seed, 0);
        let sinks = 1 + random.below(5);
        let mut priorities: Vec<i64> = (0..10).collect();
        let priorities: Vec<i64> =
            (0..sinks).map(|_| priorities.swap_remove(random.below(priorities.len()))).collect();
        let policy = FailoverPolicy::new(priorities.iter().copied().map(Some)).unwrap();
        let mut policy = policy.max_penalty(Duration::from_secs(10));
        let line = priorities.iter().enumerate().map(|(sink, priority)| (*priority, sink)).collect();
        let mut model = Failover { line, rest: BTreeMap::new(), priorities };
        let (mut now, mut broken) = (0, vec![false; sinks]);
        for _ in 0..200 {
            now += i64::try_from(random.below(4_000)).unwrap();
            let sink = random.below(sinks);
            broken[sink] = random.below(3) > 0;
            assert_eq!(play(&mut policy, now, &broken), model.batch(now, &broken));
        }
    }
}

#[test]
fn load_balance_tries_each_sink_once_and_gives_up_only_when_all_fail_or_rest() {
    for seed in 0..300 {
        let _told = Told(seed);
        let mut random = Random(seed, 0);
        let sinks = 1 + random.below(6);
        let policies = [LoadBalancePolicy::round_robin(sinks), LoadBalancePolicy::random(sinks, seed)];
        let [round_robin, at_random] = policies;
        let mut policy = if random.below(2) == 0 { round_robin } else { at_random };
        policy = policy.backoff(random.below(2) == 0);
        let (mut now, mut broken) = (0, vec![false; sinks]);
        for _ in 0..200 {
            now += i64::try_from(random.below(4_000)).unwrap();
            let sink = random.below(sinks);
            broken[sink] = random.below(3) > 0;
            let rests = |policy: &LoadBalancePolicy, sink| {
                policy.resting_until(sink).is_some_and(|until| until.as_millis() > now)
            };
            let ready: Vec<usize> = (0..sinks).filter(|&sink| !rests(&policy, sink)).collect();
            let (mut tried, delivered) = play(&mut policy, now, &broken);
            assert_eq!(delivered.is_some(), ready.iter().any(|&sink| !broken[sink]));
            if delivered.is_none() {
                tried.sort_unstable();
                assert_eq!(tried, ready);
            }
            let failed = tried.iter().filter(|&&sink| Some(sink) != delivered);
            assert!(failed.clone().all(|&sink| broken[sink] && ready.contains(&sink)));
        }
    }
}

#[test]
fn round_robin_gives_every_sink_the_same_share() {
    let mut policy = LoadBalancePolicy::round_robin(7);
    let mut share = [0; 7];
    for _ in 0..700 {
        share[play(&mut policy, 0, &[false; 7]).1.unwrap()] += 1;
    }
    assert_eq!(share, [100; 7]);
}
