//! flowcore moves and processes streams of events.
//!
//! - [`ingest`]: sources put events into channels inside transactions, sinks take them out.
//! - [`process`]: typed topologies of spouts and bolts, with acknowledgement, windows and back-pressure.
//! - [`bridge`]: a channel as a spout, a sink as a bolt, a bolt that puts into a channel.
//! - [`base`]: the delivery token that both halves speak, and the seams to clock, tasks and disk.

pub mod base;
pub mod bridge;
pub mod event;
pub mod ingest;
pub mod process;

#[cfg(doctest)]
mod guide;
