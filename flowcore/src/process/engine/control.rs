use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;

/// What a spout can be told while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) paused: bool,
    pub(crate) max_pending: usize,
}

/// There is no spout of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no spout called {0}")]
pub struct NoSuchSpout(pub String);

/// The controls of all spouts, by name: the tasks of one share theirs.
#[derive(Debug, Default)]
pub(crate) struct Controls(HashMap<Arc<str>, watch::Sender<Control>>);

impl Controls {
    /// For one more task of `spout`.
    pub(crate) fn follow(&mut self, spout: &Arc<str>, max_pending: usize) -> watch::Receiver<Control> {
        let control = Control { paused: false, max_pending };
        self.0.entry(Arc::clone(spout)).or_insert_with(|| watch::Sender::new(control)).subscribe()
    }

    /// Returns the spout's name.
    pub(crate) fn change(
        &self,
        spout: &str,
        change: impl FnOnce(&mut Control),
    ) -> Result<Arc<str>, NoSuchSpout> {
        let (name, control) = self.0.get_key_value(spout).ok_or_else(|| NoSuchSpout(spout.to_owned()))?;
        control.send_modify(change);
        Ok(Arc::clone(name))
    }
}
