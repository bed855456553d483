//! The topology: lines are dealt out to counting tasks, whose closed buckets go to one keeping task.
//!
//! ```text
//! lines (spout) --shuffle by load--> count (2 tasks: parse, count in 30-second windows) --global--> keep (1 task)
//! ```
//!
//! A counting task keeps the tokens of its lines until its part of the bucket is kept, so a line is
//! acknowledged when its count is stored. Several times a second it also shows its open bucket, for the page.

mod count_bolt;
mod keep_bolt;
mod keeper;
mod line;
mod live;
mod pane;
mod report;

use std::sync::Arc;

use flowcore::process::{Stream, TopologyBuilder};

pub use count_bolt::{CountBolt, CountSettings};
pub use keep_bolt::KeepBolt;
pub use keeper::{KeepError, Keeper};
pub use line::{FileLine, InputLine, QueueEntry};
pub use live::LiveBuckets;
pub use report::{Closed, Report};

/// Counting tasks, as many as parse in parallel.
pub const COUNT_TASKS: usize = 2;
/// Lines of files that are held before a part of their bucket is stored, though it is open: some 50 MB.
pub const MOST_KEPT: usize = 200_000;

/// Adds the two bolts behind `lines`. Lines in `covered` are acknowledged and not counted: they were kept
/// before this start. `keeper` makes what keeps closed buckets.
pub fn add_bolts<L: InputLine, K: Keeper<L>>(
    topology: &mut TopologyBuilder,
    lines: &Stream<L>,
    settings: &CountSettings,
    covered: Arc<L::Cover>,
    keeper: impl Fn() -> K + Send + Sync + 'static,
) {
    let settings = settings.clone();
    let live = Arc::clone(&settings.live);
    let reports = topology
        .bolt("count", move || CountBolt::<L>::new(settings.clone(), Arc::clone(&covered)))
        .shuffle_by_load(lines)
        .parallelism(COUNT_TASKS);
    topology.bolt("keep", move || KeepBolt::new(keeper(), Arc::clone(&live))).global(&reports);
}
