//! The life of peers, connections and calls, with a protocol of lines.

#![expect(clippy::unwrap_used, reason = "these are tests throughout")]

mod gate;
mod lines;
mod peer;
mod running;
mod sink;
mod source;
