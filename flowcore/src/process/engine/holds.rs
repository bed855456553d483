use std::collections::BTreeMap;

use crate::base::Timestamp;

/// The earliest timestamps of what is under way or waits to be sent again: no watermark of the same output may
/// pass them. Pure.
#[derive(Debug, Default)]
pub(super) struct Holds(BTreeMap<Hold, usize>);

/// The earliest timestamp of some tuples, and the output that they were sent by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hold {
    pub(crate) output: usize,
    pub(crate) at: Timestamp,
}

impl Holds {
    pub(super) fn add(&mut self, hold: Option<Hold>) {
        if let Some(hold) = hold {
            *self.0.entry(hold).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, hold: Option<Hold>) {
        let Some(hold) = hold else { return };
        if let Some(count) = self.0.get_mut(&hold) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&hold);
            }
        }
    }

    /// The earliest one of an output that is not before `from`: what the watermark has passed is late already.
    pub(super) fn earliest(&self, output: usize, from: Timestamp) -> Option<Timestamp> {
        let last = Hold { output, at: Timestamp::MAX };
        self.0.range(Hold { output, at: from }..=last).next().map(|(hold, _)| hold.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_of_an_output_counts_unless_it_is_late_already() {
        let hold = |output, at| Hold { output, at: Timestamp::from_millis(at) };
        let from = Timestamp::from_millis;
        let mut holds = Holds::default();
        for one in [hold(0, 10), hold(0, 5), hold(0, 5), hold(1, 1)] {
            holds.add(Some(one));
        }
        assert_eq!(holds.earliest(0, Timestamp::MIN), Some(from(5)));
        assert_eq!(holds.earliest(0, from(6)), Some(from(10)));
        assert_eq!(holds.earliest(2, Timestamp::MIN), None);
        holds.remove(Some(hold(0, 5)));
        assert_eq!(holds.earliest(0, Timestamp::MIN), Some(from(5)), "another one holds it");
        holds.remove(Some(hold(0, 5)));
        assert_eq!(holds.earliest(0, Timestamp::MIN), Some(from(10)));
        assert_eq!(holds.earliest(1, Timestamp::MIN), Some(from(1)));
    }
}
