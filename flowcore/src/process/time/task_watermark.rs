use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::process::observe::HeldBack;

/// The watermark of a bolt task, and who holds it back. See
/// [`TopologyHandle::watermarks`](crate::process::TopologyHandle::watermarks).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskWatermark {
    /// The bolt.
    pub component: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// Where it stands. `None` as long as there is none; [`Timestamp::MAX`] when all inputs have ended.
    pub watermark: Option<Timestamp>,
    /// The task whose timestamps or tuples it waits for, however far up the topology. `None` when all inputs
    /// have ended.
    pub held_back: Option<HeldBack>,
}
