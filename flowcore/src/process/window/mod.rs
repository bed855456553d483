//! Windows over the tuples of a task: by time of processing or by count, tumbling or sliding.
//!
//! [`Windows`] is pure: it takes the time and says which windows have closed. [`WindowBolt`] and
//! [`WindowedCount`] are thin shells around it that keep the tuples' tokens and emit the results.

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
pub use bolt::{WindowBolt, WindowResult};
pub use collect::Collect;
pub use count::Count;
pub use count_by_key::CountByKey;
pub use event_time::{
    Aggregating, Bound, Collecting, Counting, EventWindowBolt, EventWindowResult, EventWindows, Fill, Firing,
    Folding, InOrder, Late, LateReason, Layout, SessionSpec, TimeLayout,
};
pub use spec::{WindowSpec, WindowSpecError};
pub use windowed_count::{WindowCount, WindowedCount};
pub use windows::{ClosedWindow, CountWindows, TimeWindows, Windows};
