use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use flowcore::base::{Clock, Stopwatch};

use crate::archive::{Archive, Series};
use crate::topology::{ArchiverProgress, PumpProgress};

/// What a broker owes the archiver from before comes without such a pause, or it owes nothing.
const QUIET: Duration = Duration::from_secs(30);

/// An archiver that runs here.
#[derive(Clone)]
pub(super) struct Archiving {
    pub(super) progress: Arc<ArchiverProgress>,
    pub(super) archive: Arc<dyn Archive>,
}

/// One line that keeps up to date on a terminal, and a plain line now and then elsewhere.
pub(super) struct ProgressLine {
    terminal: bool,
    clock: Clock,
    since: Stopwatch,
    last: String,
    pumped: Option<Arc<PumpProgress>>,
    archived: Option<Archiving>,
}

impl ProgressLine {
    /// Of the parts that run here.
    pub(super) fn new(pumped: Option<Arc<PumpProgress>>, archived: Option<Archiving>) -> Self {
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

    /// Waits until what was published by the time of the first look is kept, also before the program was
    /// started.
    pub(super) fn all_archived(&self) -> impl Future<Output = ()> + use<> {
        let (pumped, archived, clock) = (self.pumped.clone(), self.archived.clone(), self.clock.clone());
        async move {
            let (Some(pumped), Some(archived)) = (pumped, archived) else { return };
            match (pumped.latest(), pumped.published_before()) {
                (Some((stamp, _)), _) => archived.progress.reached(stamp.at()).await,
                (None, Some(stamp)) => archived.caught_up(stamp.at(), &clock).await,
                (None, None) => {}
            }
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
            self.archived.as_ref().map(|archived| format!("archived {} points", archived.progress.points()));
        pumped.into_iter().chain(archived).collect::<Vec<_>>().join(", ")
    }
}

impl Archiving {
    /// Waits until this instant is kept. If it does not come, as when the archive is a new one, not for ever.
    async fn caught_up(&self, at: Timestamp, clock: &Clock) {
        if self.has(at).await {
            return;
        }
        let mut points = None;
        while points != Some(self.progress.points()) {
            points = Some(self.progress.points());
            tokio::select! {
                () = self.progress.reached(at) => return,
                () = clock.sleep(QUIET) => {}
            }
        }
    }

    /// An archive that gives no answer is asked by the archiver again and again.
    async fn has(&self, at: Timestamp) -> bool {
        let before = at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MIN);
        self.archive.range(&Series::Intensity, before, at).await.is_ok_and(|points| !points.is_empty())
    }
}
