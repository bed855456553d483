use std::time::Duration;

use jiff::Timestamp;

use crate::cli::Speed;

/// How long to wait before an interval, so that they follow each other as they did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    speed: Speed,
    last: Option<Timestamp>,
}

impl Pace {
    pub(super) const fn new(speed: Speed) -> Self {
        Self { speed, last: None }
    }

    /// Before the interval that ended at `at`. The first one is not waited for.
    pub(super) fn before(&mut self, at: Timestamp) -> Duration {
        let gap = self.last.replace(at).and_then(|last| Duration::try_from(at.duration_since(last)).ok());
        gap.map_or(Duration::ZERO, |gap| self.speed.pause(gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_follow_each_other_as_in_the_data() {
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
        let mut pace = Pace::new(Speed::Minutes(5.0));
        let waits = [100, 105, 106, 106, 105, 110].map(|minutes| pace.before(at(minutes)).as_millis());
        assert_eq!(waits, [0, 1000, 200, 0, 0, 1000]);
        let mut pace = Pace::new(Speed::Max);
        assert_eq!([1, 100].map(|minutes| pace.before(at(minutes))), [Duration::ZERO; 2]);
    }
}
