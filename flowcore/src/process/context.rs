use std::sync::Arc;

use crate::base::Clock;

/// What a task is told when it is prepared or opened.
#[derive(Debug, Clone)]
pub struct TaskContext {
    /// The component's name.
    pub component: Arc<str>,
    /// Which of its tasks this is, from 0.
    pub task: usize,
    /// How many tasks the component has.
    pub parallelism: usize,
    /// The time.
    pub clock: Clock,
}
