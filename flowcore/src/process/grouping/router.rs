use crate::base::{DeliveryError, LossKind, Panic};
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// What every grouping is to the engine. It decides for a batch at a time, so that it costs a few virtual
/// calls a batch and none a tuple.
pub(crate) trait Router<T: Tuple + ?Sized>: Send {
    /// Fills in for each task which of the `selected` tuples it gets.
    fn route(&mut self, load: &Load<T>, selected: &Selection, routes: &mut [Selection]);

    /// How much waits for each task, before each batch.
    fn observe(&mut self, _waiting: &mut dyn Iterator<Item = u64>) {}

    /// Whether it is asked even when there is one task only: it may name none, or one that does not exist.
    fn may_refuse(&self) -> bool {
        false
    }

    /// The tuples that it found no task for since the last time.
    fn take_refused(&mut self) -> Vec<Refused> {
        Vec::new()
    }
}

/// A tuple of a load that goes to no task and has failed.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) index: u32,
    pub(crate) why: Refusal,
}

/// Why a tuple could not be sent to a task.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("its grouping failed")]
    Panicked(#[source] Panic),
    #[error("its grouping named task {task}, and it has {tasks}, counted from 0")]
    NoSuchTask { task: usize, tasks: usize },
}

impl Refusal {
    /// The failure of the tuple on its way to `reader`. A task that does not exist will not exist at the next
    /// attempt either.
    pub(crate) fn on_the_way_to(self, reader: &str) -> DeliveryError {
        let kind = match self {
            Self::Panicked(_) => LossKind::Panicked,
            Self::NoSuchTask { .. } => LossKind::Rejected,
        };
        DeliveryError::new(reader, kind).caused_by(self)
    }
}
