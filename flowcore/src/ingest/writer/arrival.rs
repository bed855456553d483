use super::WriteCounts;
use crate::base::Stopwatch;
use crate::ingest::ComponentContext;
use crate::ingest::metrics::Counter;

/// What a sender sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Event,
    Batch,
}

/// A batch that came in and is counted as such; its events as they were before the interceptors.
pub(super) struct Arrival {
    unit: Unit,
    events: u64,
    time: Stopwatch,
}

impl Arrival {
    pub(super) fn of(unit: Unit, events: usize, context: &ComponentContext) -> Self {
        let events = events as u64;
        let received = match unit {
            Unit::Event => Counter::AppendReceived,
            Unit::Batch => Counter::AppendBatchReceived,
        };
        context.counters.add(received, 1);
        context.counters.add(Counter::EventReceived, events);
        Self { unit, events, time: context.clock.stopwatch() }
    }

    /// The channels have it.
    pub(super) fn accepted(self, context: &ComponentContext, counts: &WriteCounts) {
        let accepted = match self.unit {
            Unit::Event => Counter::AppendAccepted,
            Unit::Batch => Counter::AppendBatchAccepted,
        };
        context.counters.add(accepted, 1);
        context.counters.add(Counter::EventAccepted, self.events);
        counts.delays.record(self.time.elapsed());
        counts.last_success.set(context.clock.now());
    }
}
