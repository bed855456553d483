//! Windows over the tuples of a task: by event time, by time of processing, or by count.
//!
//! - **By event time**: [`EventWindowBolt`], for each key, closed by the watermark: tumbling, sliding and session
//!   windows, and counts in the order of timestamps. [`EventWindows`] says how they lie and when they give
//!   results.
//! - **By time of processing or by arrival**: [`Windows`] is pure: it takes the time and says which windows have
//!   closed. [`WindowBolt`] and [`WindowedCount`] are a thin shell around it that keeps the tuples' tokens and
//!   emits the results.

mod aggregate;
mod axis;
mod bolt;
mod collect;
mod count;
mod count_by_key;
mod event_time;
mod grid;
mod kept;
mod spec;
mod windowed_count;
mod windows;

pub use aggregate::{Aggregate, Pane};
pub use axis::{Window, WindowAxis};
pub use bolt::{Give, Whole, WindowBolt, WindowResult};
pub use collect::Collect;
pub use count::Count;
pub use count_by_key::CountByKey;
pub use event_time::{
    Aggregating, Bound, Collecting, Counting, EventWindowBolt, EventWindowResult, EventWindows, Fill, Firing,
    Folding, InOrder, Late, LateReason, Layout, SessionSpec, TimeLayout,
};
pub use spec::{WindowSpec, WindowSpecError};
pub use windowed_count::{EachKey, WindowCount, WindowedCount};
pub use windows::{ClosedWindow, CountWindows, TimeWindows, Windows};
