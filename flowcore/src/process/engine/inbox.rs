use std::collections::HashSet;

use crate::base::sync::{Mutex, Notify, PoisonError};
use crate::base::{Completion, Failure};

/// Where a spout's task hears what became of its roots. Bounded by the roots that are open: each sends two
/// notices at most.
#[derive(Default)]
pub(crate) struct Inbox {
    notices: Mutex<Vec<Notice>>,
    arrived: Notify,
    /// Roots whose deadlines are to begin anew; `None` when there are none.
    alive: Option<Mutex<HashSet<u64>>>,
}

pub(crate) enum Notice {
    Done(u64, Vec<Failure>),
    Settled(u64, Vec<Failure>),
}

impl Inbox {
    /// One that hears which roots are to be kept alive.
    pub(crate) fn with_deadlines() -> Self {
        Self { alive: Some(Mutex::new(HashSet::new())), ..Self::default() }
    }

    /// The roots that were to be kept alive since the last call.
    pub(crate) fn take_alive(&self) -> HashSet<u64> {
        let alive = self.alive.as_ref();
        alive
            .map(|alive| std::mem::take(&mut *alive.lock().unwrap_or_else(PoisonError::into_inner)))
            .unwrap_or_default()
    }

    /// Everything that has arrived, into `notices`.
    pub(crate) fn drain_into(&self, notices: &mut Vec<Notice>) {
        std::mem::swap(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner), notices);
    }

    /// Waits until something may have arrived. Safe to cancel.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    fn push(&self, notice: Notice) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        self.arrived.notify_one();
    }
}

impl Completion for Inbox {
    fn done(&self, root: u64, failures: Vec<Failure>) {
        self.push(Notice::Done(root, failures));
    }

    fn settled(&self, root: u64, failures: Vec<Failure>) {
        self.push(Notice::Settled(root, failures));
    }

    fn keep_alive(&self, root: u64) {
        let Some(alive) = &self.alive else { return };
        if alive.lock().unwrap_or_else(PoisonError::into_inner).insert(root) {
            self.arrived.notify_one();
        }
    }
}
