use std::sync::Arc;
use std::time::Duration;

use super::{
    Closes, ExplainedWindow, Explanation, HeldBack, OpenWindow, OpenWindows, Unanswered, WhyUnanswered,
};
use crate::base::Timestamp;

/// What one task of a bolt says about its windows.
#[derive(Debug, Default)]
pub(crate) struct TaskReport {
    pub(crate) windows: Vec<OpenWindow>,
    pub(crate) left_out: u64,
    /// Which of them are overdue. Shorter when nobody looks.
    pub(crate) overdue: Vec<bool>,
    /// The bolt never has any.
    pub(crate) keeps_none: bool,
    /// The bolt panicked when it was asked.
    pub(crate) panicked: Option<String>,
}

impl TaskReport {
    pub(crate) fn of(windows: OpenWindows) -> Self {
        let keeps_none = windows.are_never();
        let (windows, left_out) = windows.into_parts();
        Self { windows, left_out, keeps_none, ..Self::default() }
    }
}

/// What came of asking one task.
#[derive(Debug)]
pub(crate) enum Reply {
    Report(Arc<TaskReport>),
    /// It did not answer in time, and has been in its batch for this long.
    Busy(Duration),
}

impl Explanation {
    /// No replies yet.
    pub(crate) fn new(topology: Arc<str>, at: Timestamp) -> Self {
        Self { topology, at, windows: Vec::new(), left_out: 0, unanswered: Vec::new() }
    }

    /// What a task has replied, and where its watermark stands.
    pub(crate) fn add(&mut self, component: &Arc<str>, task: usize, reply: Reply, stands: &Stands) {
        let why = match reply {
            Reply::Busy(time) => Some(WhyUnanswered::Busy { time }),
            Reply::Report(report) => {
                self.left_out += report.left_out;
                let overdue = report.overdue.iter().copied().chain(std::iter::repeat(false));
                let windows = report.windows.iter().zip(overdue);
                self.windows.extend(
                    windows.map(|(window, overdue)| stands.explain(component, task, window, overdue)),
                );
                report.panicked.clone().map(|message| WhyUnanswered::Panicked { message })
            }
        };
        let component = Arc::clone(component);
        self.unanswered.extend(why.map(|why| Unanswered { component, task, why }));
    }
}

/// Where the watermark of a task stands, and why.
#[derive(Debug, Default)]
pub(crate) struct Stands {
    pub(crate) watermark: Option<Timestamp>,
    pub(crate) held_back_by: Vec<HeldBack>,
}

impl Stands {
    /// The same in the time of another clock: what is `from` on the one is `to` on the other.
    pub(crate) fn on_clock(mut self, from: Timestamp, to: Timestamp) -> Self {
        let moved = |at: Timestamp| if at < from { to - from.since(at) } else { to + at.since(from) };
        for held in &mut self.held_back_by {
            held.since = moved(held.since);
            held.idle_at = held.idle_at.map(moved);
        }
        self
    }

    pub(crate) fn explain(
        &self,
        component: &Arc<str>,
        task: usize,
        window: &OpenWindow,
        overdue: bool,
    ) -> ExplainedWindow {
        let by_watermark = matches!(window.closes, Closes::Watermark(_));
        ExplainedWindow {
            component: Arc::clone(component),
            task,
            window: window.clone(),
            watermark: self.watermark,
            held_back_by: if by_watermark { self.held_back_by.clone() } else { Vec::new() },
            overdue,
        }
    }
}
