use super::{Firing, Rules};
use crate::base::Timestamp;

/// When windows show something though no watermark has come to their end.
#[derive(Debug, Default)]
pub(super) struct Timers {
    pub(super) preview_at: Option<Timestamp>,
    pub(super) correct_at: Option<Timestamp>,
}

impl Timers {
    /// A window has `unshown` tuples that no result has shown. Says whether it is to show them at once.
    pub(super) fn note(&mut self, fired: bool, unshown: u64, rules: &Rules, now: Timestamp) -> bool {
        if fired {
            if !rules.late_every.is_zero() {
                self.correct_at.get_or_insert(now + rules.late_every);
            }
            return rules.late_every.is_zero();
        }
        if let Some(every) = rules.early_every {
            self.preview_at.get_or_insert(now + every);
        }
        rules.early_tuples.is_some_and(|tuples| unshown >= tuples)
    }

    /// What is to be shown now.
    pub(super) fn ring(&mut self, now: Timestamp) -> Option<Firing> {
        if self.correct_at.take_if(|at| *at <= now).is_some() {
            return Some(Firing::Late);
        }
        self.preview_at.take_if(|at| *at <= now).map(|_| Firing::Early)
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.preview_at.into_iter().chain(self.correct_at).min()
    }
}
