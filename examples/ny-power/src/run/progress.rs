use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};

use crate::topology::{ArchiverProgress, PumpProgress};

/// One line that keeps up to date on a terminal, and a plain line now and then elsewhere.
pub(super) struct ProgressLine {
    terminal: bool,
    clock: Clock,
    since: Stopwatch,
    last: String,
    pumped: Option<Arc<PumpProgress>>,
    archived: Option<Arc<ArchiverProgress>>,
}

impl ProgressLine {
    /// Of the parts that run here.
    pub(super) fn new(pumped: Option<Arc<PumpProgress>>, archived: Option<Arc<ArchiverProgress>>) -> Self {
        let clock = Clock::system();
        let since = clock.stopwatch();
        let terminal = io::stdout().is_terminal();
        Self { terminal, clock, since, last: String::new(), pumped, archived }
    }

    /// Waits until it is time for the next line. Safe to cancel.
    pub(super) async fn due(&self) {
        let every = if self.terminal { Duration::from_millis(500) } else { Duration::from_secs(10) };
        self.clock.sleep(every.saturating_sub(self.since.elapsed())).await;
    }

    pub(super) fn show(&mut self) {
        self.since = self.clock.stopwatch();
        let text = self.text();
        if text == self.last {
            return;
        }
        let mut out = io::stdout().lock();
        // Nobody reads: nothing to tell them.
        let _ = if self.terminal { write!(out, "\r\x1b[K{text}") } else { writeln!(out, "{text}") };
        let _ = out.flush();
        self.last = text;
    }

    /// Leaves the line that keeps up to date.
    pub(super) fn end(&self) {
        if self.terminal && !self.last.is_empty() {
            println!();
        }
    }

    /// Says that there is no more input.
    pub(super) fn say_through(&mut self) {
        self.show();
        self.end();
        self.last.clear();
        println!("the input is through; everything else runs until Ctrl-C");
    }

    /// Waits until what was published is kept. Safe to cancel.
    pub(super) async fn all_archived(&self) {
        let latest = self.pumped.as_ref().and_then(|pumped| pumped.latest());
        if let (Some((stamp, _)), Some(archived)) = (latest, &self.archived) {
            archived.reached(stamp.at()).await;
        }
    }

    fn text(&self) -> String {
        let pumped = self.pumped.as_ref().map(|pumped| {
            let latest = pumped
                .latest()
                .map(|(stamp, value)| format!(", the last {stamp} {} with {value:.1} g/kWh", stamp.zone()));
            let refused = pumped.refused();
            format!("intervals {}{}, refused {refused}", pumped.intervals(), latest.unwrap_or_default())
        });
        let archived =
            self.archived.as_ref().map(|archived| format!("archived {} points", archived.points()));
        pumped.into_iter().chain(archived).collect::<Vec<_>>().join(", ")
    }
}
