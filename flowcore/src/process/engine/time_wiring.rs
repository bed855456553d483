use std::sync::Arc;

use crate::base::Timestamp;
use crate::process::time::{Board, Input, Progress};
use crate::process::topology::{EventReach, Node, StreamName};

/// Which streams of a topology have event time, while it starts.
pub(crate) struct TimeWiring {
    reach: EventReach,
    /// Tasks of each component.
    tasks: Vec<usize>,
    pub(super) board: Arc<Board>,
    now: Timestamp,
}

impl TimeWiring {
    pub(super) fn new(nodes: &[Arc<dyn Node>], now: Timestamp) -> Self {
        let reach = EventReach::of(nodes.iter().map(|node| Some(&**node)));
        let tasks = nodes.iter().map(|node| node.parallelism()).collect();
        Self { reach, tasks, board: Arc::default(), now }
    }

    /// What a task knows of its inputs when it starts.
    pub(crate) fn progress(&self, inputs: &[StreamName]) -> Progress {
        let input = |stream: &StreamName| {
            let tasks = self.tasks.get(stream.node.index).copied().unwrap_or(0);
            let senders = if self.reach.stream(stream) { tasks } else { 0 };
            Input::new(Arc::clone(&stream.component), stream.output, senders, self.now)
        };
        Progress::new(inputs.iter().map(input).collect())
    }

    /// Whether a component hears of watermarks, and passes them on.
    pub(super) fn hears(&self, component: usize) -> bool {
        self.reach.node(component)
    }
}
