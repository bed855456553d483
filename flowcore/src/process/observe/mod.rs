//! What a running topology tells about itself: why a window is open and what holds it back, and what happens.

mod event;
mod event_log;
mod event_ring;
mod explanation;
mod held_back;
mod open_window;
mod open_windows;
mod overdue;
mod readable;
mod sampler;
mod tap;
mod taps;
mod task_report;

pub(crate) use event::chain;
pub use event::{Happening, TopologyEvent};
pub(crate) use event_log::EventLog;
pub use event_log::TopologyEvents;
pub use explanation::{ExplainedWindow, Explanation, Unanswered, WhyUnanswered};
pub use held_back::{HeldBack, HeldBackReason};
pub use open_window::{Closes, OpenWindow, WindowBounds};
pub use open_windows::OpenWindows;
pub(crate) use overdue::{Lead, Overdue};
pub use tap::{Tap, TapOptions};
pub(crate) use taps::{Tapped, Taps};
pub(crate) use task_report::{Reply, Stands, TaskReport};
