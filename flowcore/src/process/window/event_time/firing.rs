use serde::{Deserialize, Serialize};

use crate::base::{Timestamp, TokenSet};
use crate::process::window::Window;

use super::Contents;

/// On which occasion a window gave a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    /// A preview: the watermark has not come to its end yet.
    Early,
    /// The watermark has come to its end, or the input has ended.
    OnTime,
    /// Tuples came after that, within the allowed lateness.
    Late,
}

/// What a window by event time held for one key, as one tuple. Without keys, `K` is `()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventWindowResult<K, A, B = Timestamp> {
    /// Whose tuples.
    pub key: K,
    /// Which window.
    pub window: Window<B>,
    /// Whether this is a preview, the result, or a correction.
    pub firing: Firing,
    /// All that it held, or what is new in it if it discards what it has shown.
    pub contents: A,
    /// The result's own event time: the last millisecond of the window; for count windows, that of its last
    /// tuple. So the watermark that closed this window closes a window over its results as well.
    pub timestamp: Timestamp,
}

/// A window that gives results: one for each key in `contents`.
#[derive(Debug)]
pub struct Fired<K, A, B = Timestamp> {
    pub(in crate::process::window) window: Window<B>,
    pub(in crate::process::window) firing: Firing,
    pub(in crate::process::window) timestamp: Timestamp,
    pub(in crate::process::window) contents: Contents<K, A>,
    /// What the results answer for. Empty for previews.
    pub(in crate::process::window) tokens: TokenSet,
}
