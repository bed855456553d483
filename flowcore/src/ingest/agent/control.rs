use std::sync::Arc;

use tokio::sync::watch;

use super::life::Life;
use super::tally::Tally;
use super::transition::Connected;
use crate::ingest::Stopping;
use crate::ingest::writer::Outstanding;

/// The supervisor's side of a source or sink that runs.
pub(super) struct Control {
    pub(super) life: Arc<Life>,
    pub(super) channels: Vec<Arc<str>>,
    /// The sinks of a group.
    pub(super) members: Vec<Arc<Life>>,
    pub(super) signals: Signals,
    /// A source that has not returned.
    pub(super) running: Tally,
    /// Its task is there.
    pub(super) alive: Tally,
    /// What a source put and nobody answered for.
    pub(super) outstanding: Arc<Outstanding>,
}

/// What a component is told; each turns true once.
pub(super) struct Signals {
    /// To return: a sink, when its transaction is settled.
    pub(super) stop: watch::Sender<bool>,
    /// That there is no more time: a sink drops what it does, and what a source put was delivered or given up.
    pub(super) end: watch::Sender<bool>,
}

impl Signals {
    fn new() -> Self {
        Self { stop: watch::Sender::new(false), end: watch::Sender::new(false) }
    }

    pub(super) fn stopping(&self) -> Stopping {
        Stopping::new(self.stop.subscribe())
    }

    pub(super) fn ending(&self) -> Stopping {
        Stopping::new(self.end.subscribe())
    }
}

impl Control {
    pub(super) fn new(life: Arc<Life>, channels: Vec<Arc<str>>) -> Self {
        let (running, alive) = (Tally::new(), Tally::new());
        let (members, signals, outstanding) = (Vec::new(), Signals::new(), Arc::default());
        Self { life, channels, members, signals, running, alive, outstanding }
    }

    pub(super) fn stop(&self) {
        self.signals.stop.send_replace(true);
    }

    pub(super) fn end(&self) {
        self.signals.end.send_replace(true);
    }

    pub(super) fn connected(&self) -> Connected {
        Connected { name: self.life.name.clone(), channels: self.channels.clone() }
    }
}
