//! What a running topology tells about itself: why a window is open and what holds it back.

mod explanation;
mod held_back;
mod open_window;
mod open_windows;
mod readable;
mod task_report;

pub use explanation::{ExplainedWindow, Explanation, Unanswered, WhyUnanswered};
pub use held_back::{HeldBack, HeldBackReason};
pub use open_window::{Closes, OpenWindow, WindowBounds};
pub use open_windows::OpenWindows;
pub(crate) use task_report::{Reply, TaskReport};
