use std::fmt::Display;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};

/// Says which clients were sent away and why; no more than ten a second, so that nobody fills the log.
pub(super) struct FaultLog {
    watch: Stopwatch,
    quota: Quota,
}

impl FaultLog {
    pub(super) fn new() -> Self {
        Self { watch: Clock::system().stopwatch(), quota: Quota::default() }
    }

    pub(super) fn note(&mut self, ended: &impl Display) {
        let Admission { is_named, left_out } = self.quota.admit(self.watch.elapsed());
        if left_out > 0 {
            tracing::warn!(clients = left_out, "more clients were sent away");
        }
        if is_named {
            tracing::warn!(%ended, "a client was sent away");
        }
    }
}

/// How many clients were sent away in the second that begins with the first of them.
#[derive(Default)]
struct Quota {
    since: Duration,
    noted: u32,
}

/// What to say of a client.
#[derive(Debug, PartialEq, Eq)]
struct Admission {
    is_named: bool,
    /// How many of the second before were not named.
    left_out: u32,
}

impl Quota {
    const MOST: u32 = 10;
    const SECOND: Duration = Duration::from_secs(1);

    fn admit(&mut self, now: Duration) -> Admission {
        let mut left_out = 0;
        if now.saturating_sub(self.since) >= Self::SECOND {
            left_out = self.noted.saturating_sub(Self::MOST);
            *self = Self { since: now, noted: 0 };
        }
        self.noted = self.noted.saturating_add(1);
        Admission { is_named: self.noted <= Self::MOST, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(quota: &mut Quota, millis: u64, clients: u32) -> (u32, u32) {
        let admit = |_| quota.admit(Duration::from_millis(millis));
        let admitted: Vec<Admission> = (0..clients).map(admit).collect();
        let named = admitted.iter().map(|admission| u32::from(admission.is_named)).sum();
        (named, admitted.iter().map(|admission| admission.left_out).sum())
    }

    #[test]
    fn ten_clients_a_second_are_named_and_the_others_counted_when_it_is_over() {
        let mut quota = Quota::default();
        assert_eq!(named(&mut quota, 0, 7), (7, 0));
        assert_eq!(named(&mut quota, 999, 43), (3, 0));
        assert_eq!(named(&mut quota, 1_000, 4), (4, 40));
        assert_eq!(named(&mut quota, 1_999, 7), (6, 0));
        assert_eq!(named(&mut quota, 2_000, 11), (10, 1));
    }

    #[test]
    fn nothing_is_said_of_a_second_in_which_all_were_named() {
        let mut quota = Quota::default();
        assert_eq!(named(&mut quota, 500, 10), (10, 0));
        assert_eq!(named(&mut quota, 60_000, 1), (1, 0));
        assert_eq!(named(&mut quota, 60_999, 9), (9, 0));
        assert_eq!(named(&mut quota, 61_000, 1), (1, 0));
    }
}
