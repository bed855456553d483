use crate::base::sync::{Mutex, Notify, PoisonError};
use crate::base::{Completion, Failure};

/// Where a spout's task hears what became of its roots. Bounded by the roots that are open: each sends two
/// notices at most.
#[derive(Default)]
pub(crate) struct Inbox {
    notices: Mutex<Vec<Notice>>,
    arrived: Notify,
}

pub(crate) enum Notice {
    Done(u64, Vec<Failure>),
    Settled(u64, Vec<Failure>),
}

impl Inbox {
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
}
