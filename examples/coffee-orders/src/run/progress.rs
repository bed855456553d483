use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};

/// What the progress line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Numbers {
    /// Lines that came in.
    pub(super) lines: u64,
    /// Orders counted.
    pub(super) counted: u64,
    /// Orders whose counts are stored.
    pub(super) stored: u64,
    /// Lines that are no orders.
    pub(super) rejected: u64,
}

/// One line that keeps up to date on a terminal, and a plain line now and then elsewhere.
pub(super) struct ProgressLine {
    terminal: bool,
    clock: Clock,
    since: Stopwatch,
    last: Numbers,
    shown: bool,
}

impl ProgressLine {
    pub(super) fn new(clock: Clock) -> Self {
        let since = clock.stopwatch();
        Self { terminal: io::stdout().is_terminal(), clock, since, last: Numbers::default(), shown: false }
    }

    /// Waits until it is time for the next line. Safe to cancel.
    pub(super) async fn due(&self) {
        let every = if self.terminal { Duration::from_millis(500) } else { Duration::from_secs(10) };
        self.clock.sleep(every.saturating_sub(self.since.elapsed())).await;
    }

    pub(super) fn show(&mut self, numbers: Numbers) {
        let seconds = self.since.elapsed().as_secs_f64().max(0.001);
        self.since = self.clock.stopwatch();
        if !self.terminal && self.shown && numbers == self.last {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = numbers.lines.saturating_sub(self.last.lines) as f64 / seconds;
        let text = line(numbers, rate);
        self.last = numbers;
        self.shown = true;
        let mut out = io::stdout().lock();
        // Nobody reads: nothing to tell them.
        let _ = if self.terminal { write!(out, "\r\x1b[K{text}") } else { writeln!(out, "{text}") };
        let _ = out.flush();
    }

    /// Leaves the line that keeps up to date.
    pub(super) fn end(&self) {
        if self.terminal && self.shown {
            println!();
        }
    }
}

fn line(numbers: Numbers, rate: f64) -> String {
    let Numbers { lines, counted, stored, rejected } = numbers;
    let in_flight = lines.saturating_sub(stored + rejected);
    format!(
        "orders in {lines}, counted {counted}, stored {stored}, in flight {in_flight}, rejected {rejected}, {rate:.0}/s"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_and_is_neither_stored_nor_rejected_is_in_flight() {
        let numbers = Numbers { lines: 100, counted: 95, stored: 60, rejected: 2 };
        assert_eq!(
            line(numbers, 39.8),
            "orders in 100, counted 95, stored 60, in flight 38, rejected 2, 40/s"
        );
    }
}
