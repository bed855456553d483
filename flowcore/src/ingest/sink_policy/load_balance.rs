use std::time::Duration;

use super::{SinkPolicy, doubled_seconds};
use crate::base::Timestamp;
use crate::ingest::random::mixed;

/// A failure this long after a back-off was over is a new one.
const FORGET_AFTER: Duration = Duration::from_hours(1);
/// More failures in a row do not count.
const MOST_FAILURES: u32 = 16;

/// Every sink delivers its share of the batches: one after the other, or in random order. A batch that one
/// fails to deliver is tried by the others.
///
/// With [`backoff`](Self::backoff) a sink that failed is left out for 2 s, then 4 s, and so on, doubled for
/// each failure in a row up to [`max_timeout`](Self::max_timeout). Failures count as in a row until an hour
/// has passed without one; a delivery does not end the row. While all are left out, nobody delivers.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::ingest::sink_policy::{LoadBalancePolicy, SinkPolicy};
///
/// let mut policy = LoadBalancePolicy::round_robin(3).backoff(true);
/// let mut first = |millis| {
///     policy.begin(Timestamp::from_millis(millis));
///     policy.next()
/// };
/// assert_eq!([first(0), first(1), first(2), first(3)], [Some(0), Some(1), Some(2), Some(0)]);
/// ```
#[derive(Debug, Clone)]
pub struct LoadBalancePolicy {
    sinks: Vec<Failures>,
    order: Order,
    backoff: bool,
    max_timeout: Duration,
    /// Who is to try the batch, the next one last.
    line: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    RoundRobin { next: usize },
    Random { seed: u64, drawn: u64 },
}

#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    in_a_row: u32,
    last: Option<Timestamp>,
    rests: Option<Timestamp>,
}

impl LoadBalancePolicy {
    /// `sinks` sinks, each batch beginning with the next one.
    pub fn round_robin(sinks: usize) -> Self {
        Self::new(sinks, Order::RoundRobin { next: 0 })
    }

    /// `sinks` sinks, in another random order for each batch. The same `seed` gives the same orders.
    pub fn random(sinks: usize, seed: u64) -> Self {
        Self::new(sinks, Order::Random { seed, drawn: 0 })
    }

    fn new(sinks: usize, order: Order) -> Self {
        Self {
            sinks: vec![Failures::default(); sinks],
            order,
            backoff: false,
            max_timeout: Duration::from_secs(30),
            line: Vec::with_capacity(sinks),
        }
    }

    /// Whether sinks that failed are left out for a while; false unless said otherwise.
    #[must_use]
    pub fn backoff(mut self, backoff: bool) -> Self {
        self.backoff = backoff;
        self
    }

    /// For how long at most; 30 s unless said otherwise.
    #[must_use]
    pub fn max_timeout(mut self, most: Duration) -> Self {
        self.max_timeout = most;
        self
    }

    /// Puts the line, which is in the order of the group, into the order of the tries, from behind.
    fn arrange(&mut self) {
        match &mut self.order {
            Order::RoundRobin { next } => {
                let first = if *next < self.line.len() { *next } else { 0 };
                *next = (first + 1) % self.line.len().max(1);
                self.line.rotate_left(first);
                self.line.reverse();
            }
            Order::Random { seed, drawn } => {
                for left in (2..=self.line.len()).rev() {
                    let random = mixed(*seed, *drawn) % left as u64;
                    *drawn = drawn.wrapping_add(1);
                    self.line.swap(left - 1, usize::try_from(random).unwrap_or(0));
                }
            }
        }
    }
}

impl Failures {
    fn add(&mut self, now: Timestamp, most: Duration) {
        let recent = doubled_seconds(self.in_a_row, most).saturating_add(FORGET_AFTER);
        let goes_on = self.last.is_some_and(|last| now.since(last) < recent);
        self.in_a_row = if goes_on { (self.in_a_row + 1).min(MOST_FAILURES) } else { 1 };
        self.last = Some(now);
        self.rests = Some(now + doubled_seconds(self.in_a_row, most));
    }
}

impl SinkPolicy for LoadBalancePolicy {
    fn sinks(&self) -> usize {
        self.sinks.len()
    }

    fn begin(&mut self, now: Timestamp) {
        self.line.clear();
        let rests = |sink: &Failures| sink.rests.is_some_and(|until| now < until);
        self.line.extend(self.sinks.iter().enumerate().filter(|(_, sink)| !rests(sink)).map(|(at, _)| at));
        self.arrange();
    }

    fn next(&mut self) -> Option<usize> {
        self.line.pop()
    }

    fn delivered(&mut self, sink: usize, _now: Timestamp) {
        if let Some(sink) = self.sinks.get_mut(sink) {
            sink.rests = None;
        }
    }

    fn failed(&mut self, sink: usize, now: Timestamp) {
        if self.backoff
            && let Some(sink) = self.sinks.get_mut(sink)
        {
            sink.add(now, self.max_timeout);
        }
    }

    fn resting_until(&self, sink: usize) -> Option<Timestamp> {
        self.sinks.get(sink)?.rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn line(policy: &mut LoadBalancePolicy, now: Timestamp) -> Vec<usize> {
        policy.begin(now);
        std::iter::from_fn(|| policy.next()).collect()
    }

    #[test]
    fn the_start_rotates_over_those_that_are_not_left_out() {
        let mut policy = LoadBalancePolicy::round_robin(3).backoff(true);
        assert_eq!(line(&mut policy, at(0)), [0, 1, 2]);
        assert_eq!(line(&mut policy, at(0)), [1, 2, 0]);
        policy.failed(1, at(0));
        assert_eq!(line(&mut policy, at(1)), [0, 2]);
        assert_eq!(line(&mut policy, at(1)), [2, 0]);
        assert_eq!(line(&mut policy, at(2)), [0, 1, 2], "after the last of two comes the first of three");
    }

    #[test]
    fn without_backoff_a_sink_that_failed_stays_in_line() {
        let mut policy = LoadBalancePolicy::round_robin(2);
        policy.failed(0, at(0));
        assert_eq!(line(&mut policy, at(0)), [0, 1]);
        assert_eq!(policy.resting_until(0), None);
    }

    #[test]
    fn while_all_are_left_out_nobody_tries() {
        let mut policy = LoadBalancePolicy::random(2, 1).backoff(true);
        policy.failed(0, at(0));
        policy.failed(1, at(0));
        assert_eq!(line(&mut policy, at(1)), [0; 0]);
        assert_eq!(line(&mut policy, at(2)).len(), 2);
    }

    #[test]
    fn a_row_of_failures_ends_an_hour_after_its_last_rest_and_not_with_a_delivery() {
        let mut policy = LoadBalancePolicy::round_robin(1).backoff(true);
        let mut rest = |now: i64| {
            policy.delivered(0, at(now));
            policy.failed(0, at(now));
            policy.resting_until(0).unwrap().since(at(now)).as_secs()
        };
        assert_eq!([rest(0), rest(10), rest(20), rest(30), rest(40), rest(50)], [2, 4, 8, 16, 30, 30]);
        assert_eq!(rest(50 + 3_600 + 29), 30);
        assert_eq!(rest(50 + 3_600 + 29 + 3_600 + 30), 2);
    }

    #[test]
    fn random_orders_are_permutations_and_every_sink_comes_first_about_as_often() {
        let mut policy = LoadBalancePolicy::random(4, 3);
        let mut first = [0_u32; 4];
        for _ in 0..4_000 {
            let mut order = line(&mut policy, at(0));
            first[order[0]] += 1;
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3]);
        }
        assert!(first.iter().all(|&times| times > 850), "{first:?}");
    }
}
