//! Windows by event time: they close when the watermark has come to their end.

mod ahead;
mod bolt;
mod contents;
mod core;
mod counted_windows;
mod event_windows;
mod fill;
mod firing;
mod grid_firing;
mod grid_report;
mod grid_windows;
mod in_order;
mod late;
mod near;
mod places;
mod report;
mod rules;
mod session;
mod session_spec;
mod session_windows;
mod stretch;
mod table;
mod timers;
mod unshown;

pub use bolt::EventWindowBolt;
pub(super) use contents::Contents;
use core::{Admission, Arrival, Core, Soon};
pub use event_windows::{Bound, EventWindows, Layout, TimeLayout};
pub use fill::{Aggregating, Collecting, Counting, Fill, Folding};
pub(super) use firing::Fired;
pub use firing::{EventWindowResult, Firing};
pub use in_order::InOrder;
pub use late::{Late, LateReason};
use rules::Rules;
pub use session_spec::SessionSpec;

#[cfg(test)]
mod model;
