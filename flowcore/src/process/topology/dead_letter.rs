use std::sync::Arc;

use crate::base::DeliveryError;
use crate::process::Tuple;
use crate::process::batch::Load;
use crate::process::tuple::TupleBatch;

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
    /// Its place in the batch that it left its spout with.
    pub index: u32,
}

/// Takes dead letters of one stream.
pub(crate) type DeadLetterHandler<T> = Arc<dyn Fn(&T, &DeadLetter) + Send + Sync>;

/// A tuple that was given up, with the reason: what
/// [`SpoutBuilder::dead_letters`](super::SpoutBuilder::dead_letters) carries. The tuple is shared, not cloned.
pub struct DeadLettered<T: Tuple + ?Sized> {
    load: Arc<Load<T>>,
    letter: DeadLetter,
}

impl<T: Tuple + ?Sized> DeadLettered<T> {
    /// `None` if there is no such tuple in `load`.
    pub(crate) fn new(load: Arc<Load<T>>, letter: DeadLetter) -> Option<Self> {
        load.items.get(letter.index as usize)?;
        Some(Self { load, letter })
    }

    /// The tuple.
    pub fn tuple(&self) -> &T {
        self.load.items.at(self.letter.index as usize)
    }

    /// Where it came from, how often it was tried, and what the last attempt failed with.
    pub fn letter(&self) -> &DeadLetter {
        &self.letter
    }
}

impl<T: Tuple + ?Sized> Clone for DeadLettered<T> {
    fn clone(&self) -> Self {
        Self { load: Arc::clone(&self.load), letter: self.letter.clone() }
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for DeadLettered<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLettered").field("letter", &self.letter).finish_non_exhaustive()
    }
}
