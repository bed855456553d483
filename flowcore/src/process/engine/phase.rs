use std::sync::Arc;

use crate::base::sync::{AtomicUsize, Notify, Ordering, watch};

/// How far a topology is with its end. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Spouts emit.
    Running,
    /// Spouts emit no more; what is under way, and what fails of it, is still worked on.
    Stopping,
    /// Nothing is under way: spouts let go of their streams, bolts clean up.
    Closing,
    /// The grace period is over, or the topology has failed: everybody leaves what they hold.
    Aborting,
}

/// What all tasks follow. One look tells both, so that being asked costs nothing until it happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signal {
    pub(crate) phase: Phase,
    /// The number of the last question to all tasks.
    pub(crate) question: u64,
    /// It ends because somebody said so or something failed, and not because its inputs have ended.
    pub(crate) stopped: bool,
}

/// Who moves a topology from phase to phase.
#[derive(Debug, Clone)]
pub(crate) struct Phases {
    sender: Arc<watch::Sender<Signal>>,
    grace: Arc<watch::Sender<bool>>,
    idle: Idle,
}

impl Phases {
    pub(crate) fn new(spout_tasks: usize) -> Self {
        let idle = Idle { busy: Arc::new(AtomicUsize::new(spout_tasks)), changed: Arc::default() };
        let signal = Signal { phase: Phase::Running, question: 0, stopped: false };
        let sender = Arc::new(watch::Sender::new(signal));
        Self { sender, grace: Arc::new(watch::Sender::new(false)), idle }
    }

    /// Returns whether the phase was an earlier one.
    pub(crate) fn advance(&self, to: Phase) -> bool {
        self.sender.send_if_modified(|signal| {
            let forward = signal.phase < to;
            if forward {
                signal.phase = to;
                signal.stopped |= matches!(to, Phase::Stopping | Phase::Aborting);
            }
            forward
        })
    }

    /// Asks all tasks what they are waiting for, and returns the number of the question.
    pub(crate) fn ask(&self) -> u64 {
        let mut number = 0;
        self.sender.send_modify(|signal| {
            signal.question += 1;
            number = signal.question;
        });
        number
    }

    pub(crate) fn now(&self) -> Phase {
        self.sender.borrow().phase
    }

    pub(crate) fn watch(&self) -> PhaseWatch {
        PhaseWatch(self.sender.subscribe())
    }

    pub(crate) fn idle(&self) -> Idle {
        self.idle.clone()
    }

    /// From now on, the topology has its grace period.
    pub(crate) fn start_grace(&self) {
        self.grace.send_if_modified(|started| !std::mem::replace(started, true));
    }

    /// Waits until the grace period has begun. Safe to cancel.
    pub(crate) async fn grace_has_begun(&self) {
        // It cannot fail: `self` holds the sender.
        let _ = self.grace.subscribe().wait_for(|started| *started).await;
    }

    /// Waits until every spout has ended and nothing of theirs is under way. Safe to cancel.
    pub(crate) async fn all_idle(&self) {
        loop {
            let changed = self.idle.changed.notified();
            if self.idle.busy.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }
}

/// Counts the spout tasks that still have something under way.
#[derive(Debug, Clone)]
pub(crate) struct Idle {
    busy: Arc<AtomicUsize>,
    changed: Arc<Notify>,
}

impl Idle {
    pub(crate) fn enter(&self) {
        self.busy.fetch_sub(1, Ordering::AcqRel);
        self.changed.notify_one();
    }

    pub(crate) fn leave(&self) {
        self.busy.fetch_add(1, Ordering::AcqRel);
    }
}

/// How a task follows the phase.
#[derive(Debug, Clone)]
pub(crate) struct PhaseWatch(watch::Receiver<Signal>);

impl PhaseWatch {
    /// Cheap enough to ask before every batch.
    pub(crate) fn signal(&self) -> Signal {
        *self.0.borrow()
    }

    pub(crate) fn now(&self) -> Phase {
        self.signal().phase
    }

    /// Waits until the phase is `phase` or later. Safe to cancel.
    pub(crate) async fn reached(&mut self, phase: Phase) {
        // An error says that the topology is gone: that is the last phase too.
        let _ = self.0.wait_for(|now| now.phase >= phase).await;
    }

    /// The same, or until there is another question than the one `answered` last. Safe to cancel.
    pub(crate) async fn reached_or_asked(&mut self, phase: Phase, answered: u64) -> Signal {
        match self.0.wait_for(|now| now.phase >= phase || now.question != answered).await {
            Ok(signal) => *signal,
            Err(_) => Signal { phase, question: answered, stopped: true },
        }
    }

    /// Waits until the phase is another one than `phase`. Safe to cancel.
    pub(crate) async fn changed_from(&mut self, phase: Phase) {
        if self.0.wait_for(|now| now.phase != phase).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
