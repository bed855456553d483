use std::sync::Arc;

use flowcore::base::{Timestamp, Trouble, TroubleExtent, TroubleNews};

use super::config::Server;

/// Says in the log which servers fail and leave their calls to the next one, and that they work again: once, and
/// then now and then. What no server takes is the agent's to say.
#[derive(Debug)]
pub(super) struct PassedOver {
    component: Arc<str>,
    /// One for each server.
    troubles: Vec<Trouble>,
}

impl PassedOver {
    pub(super) fn new(component: Arc<str>, servers: usize) -> Self {
        Self { component, troubles: std::iter::repeat_with(Trouble::default).take(servers).collect() }
    }

    /// The next server is tried because of this one's error.
    pub(super) fn failed(&mut self, server: usize, error: &str, now: Timestamp) {
        let news = self.troubles.get_mut(server).and_then(|trouble| trouble.failed(error, now));
        let component = &*self.component;
        match news {
            Some(TroubleNews::Begins) => tracing::warn!(component, error, "the next server is tried"),
            Some(TroubleNews::GoesOn(TroubleExtent { time, failures })) => {
                tracing::warn!(component, error, lasting = ?time, failures, "the next server is still tried");
            }
            None => {}
        }
    }

    pub(super) fn works(&mut self, at: usize, server: Option<&Server>, now: Timestamp) {
        let over = self.troubles.get_mut(at).and_then(|trouble| trouble.over(now));
        if let (Some(TroubleExtent { time, failures }), Some(Server { host, port })) = (over, server) {
            let component = &*self.component;
            tracing::info!(component, host, port, after = ?time, failures, "a server works again");
        }
    }
}
