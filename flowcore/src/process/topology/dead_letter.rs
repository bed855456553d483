use std::sync::Arc;

use crate::base::DeliveryError;

/// Why a tuple was given up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The spout that emitted it.
    pub spout: Arc<str>,
    /// The spout's task.
    pub task: usize,
    /// How often it was tried.
    pub attempts: u32,
    /// The failure of the last attempt.
    pub error: DeliveryError,
    pub(crate) index: u32,
}

/// Takes dead letters of one stream.
pub(crate) type DeadLetterHandler<T> = Arc<dyn Fn(&T, &DeadLetter) + Send + Sync>;
