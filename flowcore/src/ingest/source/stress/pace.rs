use std::time::Duration;

/// What was not used is made up for, this much and no more.
const BURST: Duration = Duration::from_secs(1);

/// So many events a second. Times are counted from the start of the run.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: u64,
    /// When the next batch may go.
    next: Duration,
}

impl Pace {
    /// 0 is no limit.
    pub(super) fn new(per_second: u64) -> Self {
        Self { per_second, next: Duration::ZERO }
    }

    /// How long a batch waits at `now`. The one after it waits for the time that this one takes.
    pub(super) fn wait(&mut self, events: usize, now: Duration) -> Duration {
        if self.per_second == 0 {
            return Duration::ZERO;
        }
        let start = self.next.max(now.saturating_sub(BURST));
        let nanos = events as u128 * 1_000_000_000 / u128::from(self.per_second);
        self.next = start.saturating_add(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)));
        start.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_follow_each_other_by_their_size_and_a_pause_is_made_up_for_by_a_second() {
        let mut pace = Pace::new(100);
        let at = Duration::from_millis;
        assert_eq!(pace.wait(50, at(0)), at(0));
        assert_eq!(pace.wait(50, at(0)), at(500));
        assert_eq!(pace.wait(100, at(900)), at(100));
        // Eight seconds of silence, of which one counts: a hundred events go at once.
        assert_eq!(pace.wait(100, at(10_000)), at(0));
        assert_eq!(pace.wait(1, at(10_000)), at(0));
        assert_eq!(pace.wait(1, at(10_000)), at(10));
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        assert_eq!(Pace::new(0).wait(usize::MAX, Duration::ZERO), Duration::ZERO);
    }
}
