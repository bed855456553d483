//! What is known of each number of one channel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// Shared by the channel, its sinks and its disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Numbers that have room in the channel.
    reserved: BTreeSet<u64>,
    /// Numbers of put transactions whose commit was called.
    begun: BTreeSet<u64>,
    /// Those whose commit has succeeded.
    committed: BTreeSet<u64>,
    /// Those that a loss of power leaves there. `None`: the channel is in memory.
    on_disk: Option<BTreeSet<u64>>,
    /// First deliveries that succeeded, in their order.
    delivered: Vec<u64>,
    delivered_set: BTreeSet<u64>,
    again: usize,
    /// Why the test fails: what holds a sink would contain its panic.
    wrong: Vec<String>,
}

impl Ledger {
    pub(super) fn of_a_disk() -> Self {
        let ledger = Self::default();
        ledger.known().on_disk = Some(BTreeSet::new());
        ledger
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }

    pub(super) fn reserves(&self, numbers: &[u64]) {
        self.known().reserved.extend(numbers);
    }

    /// Their commit is called.
    pub(super) fn begins(&self, numbers: &[u64]) {
        self.known().begun.extend(numbers);
    }

    pub(super) fn committed(&self, numbers: &[u64]) {
        self.known().committed.extend(numbers);
    }

    pub(super) fn synced(&self, numbers: impl IntoIterator<Item = u64>) {
        self.known().on_disk.get_or_insert_default().extend(numbers);
    }

    /// A sink is given these.
    pub(super) fn sees(&self, numbers: &[u64]) {
        let mut known = self.known();
        for number in numbers {
            if !known.begun.contains(number) {
                known.wrong.push(format!("{number:x} is delivered and nobody has committed it"));
            }
            if known.on_disk.as_ref().is_some_and(|on_disk| !on_disk.contains(number)) {
                known.wrong.push(format!("{number:x} is delivered and not on disk"));
            }
        }
    }

    /// A sink has delivered these.
    pub(super) fn delivered(&self, numbers: &[u64]) {
        let mut known = self.known();
        for &number in numbers {
            if known.delivered_set.insert(number) {
                known.delivered.push(number);
            } else {
                known.again += 1;
            }
        }
    }

    /// What is committed by now.
    pub(super) fn all_committed(&self) -> BTreeSet<u64> {
        self.known().committed.clone()
    }

    /// Numbers of `committed` that no sink has delivered.
    pub(super) fn missing(&self, committed: &BTreeSet<u64>) -> BTreeSet<u64> {
        committed.difference(&self.known().delivered_set).copied().collect()
    }

    /// Numbers that were delivered more than once.
    pub(super) fn again(&self) -> usize {
        self.known().again
    }

    /// Numbers that had room and were not committed: whoever put them was dropped.
    pub(super) fn given_up(&self) -> usize {
        let known = self.known();
        known.reserved.difference(&known.begun).count()
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.known().wrong.clone()
    }

    pub(super) fn knows(&self, number: u64) -> bool {
        self.known().begun.contains(&number)
    }

    /// First deliveries of numbers that one source put in another order; the source is the upper half of each.
    pub(super) fn out_of_order(&self) -> Vec<(u64, u64)> {
        out_of_order(&self.known().delivered)
    }
}

/// Neighbours of one source that are the wrong way round.
pub(super) fn out_of_order(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut last = BTreeMap::new();
    let pairs = numbers.iter().filter_map(|&number| Some((last.insert(number >> 32, number)?, number)));
    pairs.filter(|(before, after)| before >= after).collect()
}
