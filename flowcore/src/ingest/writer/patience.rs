use std::time::Duration;

use crate::base::Timestamp;

/// How long an optional channel may take to find room.
const WAIT: Duration = Duration::from_millis(10);
/// How long one that did not is not waited for.
const NO_WAIT_FOR: Duration = Duration::from_secs(1);

/// How long an optional channel is waited for: one that stays full must not hold up the required ones with
/// every batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Patience {
    none_before: Option<Timestamp>,
}

impl Patience {
    /// How long to wait for room now; `None`: take what is free at once.
    pub(super) fn wait(self, now: Timestamp) -> Option<Duration> {
        self.none_before.is_none_or(|until| now >= until).then_some(WAIT)
    }

    pub(super) fn found_room(&mut self) {
        self.none_before = None;
    }

    pub(super) fn went_without(&mut self, now: Timestamp) {
        self.none_before = Some(now + NO_WAIT_FOR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_channel_is_waited_for_once_a_second() {
        let at = Timestamp::from_millis;
        let mut patience = Patience::default();
        assert_eq!(patience.wait(at(0)), Some(WAIT));
        patience.went_without(at(10));
        assert_eq!(patience.wait(at(1_009)), None);
        assert_eq!(patience.wait(at(1_010)), Some(WAIT));
        patience.went_without(at(1_020));
        patience.found_room();
        assert_eq!(patience.wait(at(1_021)), Some(WAIT));
    }
}
