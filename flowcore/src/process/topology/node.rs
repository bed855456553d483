use std::sync::Arc;
use std::time::Duration;

use super::{Output, StreamName};
use crate::process::engine::{SpoutPolicies, WatchedEdge, Wiring};

/// A component, by its place in the topology. Two topologies never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId {
    pub(crate) topology: u64,
    pub(crate) index: usize,
}

/// A component as the topology sees it, whatever its types.
pub(crate) trait Node: Send + Sync {
    fn name(&self) -> Arc<str>;
    fn parallelism(&self) -> usize;
    fn is_spout(&self) -> bool;
    /// The numbers of tasks that its senders count on.
    fn targets(&self) -> Vec<usize>;
    /// How often its tasks tick.
    fn tick(&self) -> Option<Duration>;
    /// For one call of a bolt's `execute`.
    fn execute_deadline(&self) -> Option<Duration> {
        None
    }
    /// What a spout has of its own.
    fn policies(&self) -> SpoutPolicies {
        SpoutPolicies::default()
    }
    /// The streams it reads.
    fn inputs(&self) -> Vec<StreamName>;
    /// Those of them that must not lead back to it.
    fn upstream(&self) -> Vec<StreamName> {
        self.inputs()
    }
    /// How many tuples wait for each reader of a feedback edge.
    fn capacity(&self) -> Option<usize> {
        None
    }
    /// The streams that it emits on.
    fn outputs(&self) -> Vec<Output>;
    /// Whether it has no use for inputs without event time.
    fn requires_event_time(&self) -> bool;
    /// An input that it reads timestamps from, though nobody said where they are.
    fn untimed_input(&self) -> Option<String> {
        None
    }
    /// Its inputs as snapshots see them.
    fn edges(&self) -> Vec<WatchedEdge>;
    /// Makes the mailboxes of its tasks. Called on all nodes before `spawn` on any.
    fn open_mailboxes(&self, wiring: &mut Wiring);
    /// Starts its tasks.
    fn spawn(&self, wiring: &mut Wiring);
    /// Lets go of the senders, so that only tasks hold them.
    fn close_mailboxes(&self);
}
