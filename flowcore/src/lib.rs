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

/// The README and the pages of the guide, so that their examples are compiled and run.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/first-topology.md")]
    struct FirstTopology;

    #[doc = include_str!("../../docs/delivery.md")]
    struct Delivery;

    #[doc = include_str!("../../docs/watching.md")]
    struct Watching;

    #[doc = include_str!("../../docs/testing.md")]
    struct Testing;

    #[doc = include_str!("../../docs/windows.md")]
    struct Windows;

    #[doc = include_str!("../../docs/performance.md")]
    struct Performance;

    #[doc = include_str!("../../docs/coming-from-storm.md")]
    struct ComingFromStorm;
}
