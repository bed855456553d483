use std::sync::Arc;
use std::time::Duration;

use super::{ExplainedWindow, Explanation, HeldBack, OpenWindow, OpenWindows, Unanswered, WhyUnanswered};
use crate::base::Timestamp;

/// What one task of a bolt says about its windows.
#[derive(Debug, Default)]
pub(crate) struct TaskReport {
    pub(crate) windows: Vec<OpenWindow>,
    pub(crate) left_out: u64,
    pub(crate) watermark: Option<Timestamp>,
    pub(crate) held_back_by: Vec<HeldBack>,
    /// The bolt panicked when it was asked.
    pub(crate) panicked: Option<String>,
}

impl TaskReport {
    pub(crate) fn of(windows: OpenWindows) -> Self {
        let (windows, left_out) = windows.into_parts();
        Self { windows, left_out, ..Self::default() }
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

    /// What a task has replied.
    pub(crate) fn add(&mut self, component: &Arc<str>, task: usize, reply: Reply) {
        let why = match reply {
            Reply::Busy(time) => Some(WhyUnanswered::Busy { time }),
            Reply::Report(report) => {
                self.left_out += report.left_out;
                self.windows
                    .extend(report.windows.iter().map(|window| report.explain(component, task, window)));
                report.panicked.clone().map(|message| WhyUnanswered::Panicked { message })
            }
        };
        let component = Arc::clone(component);
        self.unanswered.extend(why.map(|why| Unanswered { component, task, why }));
    }
}

impl TaskReport {
    fn explain(&self, component: &Arc<str>, task: usize, window: &OpenWindow) -> ExplainedWindow {
        ExplainedWindow {
            component: Arc::clone(component),
            task,
            window: window.clone(),
            watermark: self.watermark,
            held_back_by: self.held_back_by.clone(),
            overdue: false,
        }
    }
}
