//! Somebody who watches a topology and changes its controls while it runs.

use flowcore::process::TopologyHandle;
use flowcore_testkit::Random;

use super::plan::Plan;

pub(super) struct Meddler<'a> {
    plan: &'a Plan,
    handle: &'a TopologyHandle,
    random: Random,
    /// The largest `max_pending` so far.
    largest: usize,
    looks: u32,
}

impl<'a> Meddler<'a> {
    /// After so many looks, everything goes on as it was.
    const UNTIL: u32 = 300;

    pub(super) fn new(plan: &'a Plan, handle: &'a TopologyHandle, seed: u64) -> Self {
        Self { plan, handle, random: Random::new(seed), largest: plan.max_pending, looks: 0 }
    }

    /// Milliseconds to the next look.
    pub(super) fn pause(&self) -> u64 {
        if self.looks < Self::UNTIL { 1 } else { 20 }
    }

    /// Checks what is bounded, and pauses, resumes or limits a spout now and then.
    pub(super) fn look_and_meddle(&mut self) {
        let snapshot = self.handle.snapshot();
        self.plan.check_pending(&snapshot, self.largest);
        self.plan.check_waiting(&snapshot);
        self.looks += 1;
        if self.looks == Self::UNTIL {
            (0..self.plan.spouts.len()).for_each(|spout| self.resume(spout));
        } else if self.looks < Self::UNTIL && self.random.percent(5) {
            self.meddle();
        }
    }

    fn meddle(&mut self) {
        let spout = self.random.index(self.plan.spouts.len());
        match self.random.below(4) {
            0 => self.handle.pause(&name(spout)).unwrap(),
            1 => {
                let tuples = 1 + self.random.index(200);
                self.largest = self.largest.max(tuples);
                self.handle.set_max_pending(&name(spout), tuples).unwrap();
            }
            _ => self.resume(spout),
        }
    }

    fn resume(&self, spout: usize) {
        self.handle.resume(&name(spout)).unwrap();
    }
}

fn name(spout: usize) -> String {
    format!("spout{spout}")
}
