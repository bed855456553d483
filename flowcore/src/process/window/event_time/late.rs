use serde::{Deserialize, Serialize};

use crate::base::Timestamp;

/// A tuple that is in no window, and why. It is acknowledged with what is made of it here, so a reader that
/// stores it has it safe; where nobody reads the stream, it is acknowledged at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late<T> {
    /// The tuple.
    pub tuple: T,
    /// Its event time.
    pub timestamp: Timestamp,
    /// How far the task had come when it arrived. `None` if it had heard of no watermark yet.
    pub watermark: Option<Timestamp>,
    /// Why it was put aside.
    pub reason: LateReason,
}

/// Why a tuple was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LateReason {
    /// Every window that it belongs to has given its last result.
    Late,
    /// Its timestamp is further in the future than is believed.
    TooFarAhead,
}
