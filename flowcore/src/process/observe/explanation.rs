use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::readable::{Readable, Utc};
use super::{HeldBack, OpenWindow};
use crate::base::Timestamp;

/// Why the windows of a topology are open. Printed, it is an answer for a person; with serde, for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The topology's name.
    pub topology: Arc<str>,
    /// When it was asked, by the topology's clock.
    pub at: Timestamp,
    /// The open windows, component by component and task by task; in a task, those that close first in front.
    pub windows: Vec<ExplainedWindow>,
    /// How many more there are: a task names a bounded number.
    pub left_out: u64,
    /// Tasks of bolts that gave no answer.
    pub unanswered: Vec<Unanswered>,
}

/// An open window, and why it is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedWindow {
    /// The bolt that keeps it.
    pub component: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// The window, what it holds and what closes it.
    pub window: OpenWindow,
    /// Where the task's watermark stands. `None` as long as there is none.
    pub watermark: Option<Timestamp>,
    /// Who holds the watermark back, if it closes this window.
    pub held_back_by: Vec<HeldBack>,
    /// Whether it should have closed some time ago.
    pub overdue: bool,
}

/// A task that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// The bolt.
    pub component: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// Why not.
    pub why: WhyUnanswered,
}

/// Why a task gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WhyUnanswered {
    /// It is in a call of the bolt, or waits for room downstream, and has been for this long.
    Busy {
        /// For how long.
        time: Duration,
    },
    /// Its report of its windows panicked.
    Panicked {
        /// With what.
        message: String,
    },
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (topology, at) = (&self.topology, Utc(self.at));
        let count = self.windows.len() as u64 + self.left_out;
        match count {
            0 => write!(f, "{topology} at {at}: no window is open")?,
            1 => write!(f, "{topology} at {at}: 1 window is open")?,
            _ => write!(f, "{topology} at {at}: {count} windows are open")?,
        }
        for window in &self.windows {
            write!(f, "\n{}", window.told_at(self.at))?;
        }
        if self.left_out > 0 {
            write!(f, "\n{} more are not listed", self.left_out)?;
        }
        self.unanswered.iter().try_for_each(|task| write!(f, "\n{task}"))
    }
}

impl ExplainedWindow {
    /// The same, told at an instant of the clock.
    pub(crate) fn told_at(&self, now: Timestamp) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{}, task {}: {}", self.component, self.task, self.window)?;
            let overdue = if self.overdue { "overdue: " } else { "" };
            write!(f, "\n  {overdue}{}", self.window.closes.told_at(now, self.watermark))?;
            let mut others = self.held_back_by.iter();
            others.try_for_each(|other| write!(f, "\n  held back by {}", other.told_at(now)))
        })
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, task {}: ", self.component, self.task)?;
        match &self.why {
            WhyUnanswered::Busy { time } => {
                write!(f, "no answer; it has been busy for {}", Readable(*time))
            }
            WhyUnanswered::Panicked { message } => {
                write!(f, "its report of its windows panicked: {message}")
            }
        }
    }
}
