use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowcore::base::{Timestamp, Token};
use flowcore::process::window::{TimeWindows, WindowSpec, WindowSpecError};
use flowcore::process::{Bolt, BoltError, Emitter, Outputs, TaskContext};

use super::pane::OrderPane;
use super::{Closed, InputLine, LiveBuckets, Report};
use crate::bucket::Bucketing;

/// How often an open bucket is shown while orders come.
const SHOW_EVERY: Duration = Duration::from_millis(100);

/// What the counting tasks have in common.
#[derive(Debug, Clone)]
pub struct CountSettings {
    /// How buckets are cut and named.
    pub bucketing: Bucketing,
    /// Lines that a task may hold before its part of the bucket is kept, though the bucket is still open.
    pub max_kept: usize,
    /// Where open buckets are shown.
    pub live: Arc<LiveBuckets>,
    /// Counts rejected lines.
    pub rejected: Arc<AtomicU64>,
}

/// Parses lines and counts their orders by bucket. A bucket closes by a timer.
///
/// `covered` lines are acknowledged and not counted again: they were kept before the program was started.
#[derive(Debug)]
pub struct CountBolt<L: InputLine> {
    settings: CountSettings,
    covered: Arc<L::Cover>,
    windows: Option<TimeWindows<OrderPane<L>>>,
    task: usize,
    show_at: Option<Timestamp>,
}

impl<L: InputLine> CountBolt<L> {
    /// A task that has counted nothing.
    pub fn new(settings: CountSettings, covered: Arc<L::Cover>) -> Self {
        Self { settings, covered, windows: None, task: 0, show_at: None }
    }

    fn spec(&self, now: Timestamp) -> Result<WindowSpec, BoltError> {
        // Buckets begin where the zone says; windows are counted from 1970 in UTC.
        let start = self.settings.bucketing.start(now)?;
        let length = self.settings.bucketing.length();
        let offset = start.since(start.floor(length));
        WindowSpec::tumbling(length).and_then(|spec| spec.offset(offset)).map_err(as_fatal)
    }

    async fn close(&mut self, now: Timestamp, out: &mut Emitter<Report<L>>) -> Result<(), BoltError> {
        while let Some(closed) = self.windows.as_mut().and_then(|windows| windows.close(now).next()) {
            self.emit(closed.window.start, closed.contents, out).await?;
        }
        Ok(())
    }

    /// Hands on a part of the bucket of `at`.
    async fn emit(
        &mut self,
        at: Timestamp,
        pane: OrderPane<L>,
        out: &mut Emitter<Report<L>>,
    ) -> Result<(), BoltError> {
        let OrderPane { statistics, cover, rejected, tokens, .. } = pane;
        let bucket = self.settings.bucketing.name(at)?;
        let statistics = Arc::new(statistics);
        let closed = Closed { task: self.task, bucket, statistics, cover, rejected };
        out.send_anchored(Report::Closed(closed), Token::joint(tokens)).await;
        Ok(())
    }

    /// Shows the open bucket, if it has changed.
    fn show(&mut self, now: Timestamp, out: &mut Emitter<Report<L>>) -> Result<(), BoltError> {
        if self.show_at.is_none_or(|at| at > now) {
            return Ok(());
        }
        self.show_at = None;
        let bucketing = &self.settings.bucketing;
        let Some(windows) = &self.windows else { return Ok(()) };
        if let (Some(pane), Some(end)) = (windows.panes().last(), windows.next_close()) {
            let bucket = bucketing.name(end - bucketing.length())?;
            let statistics = Arc::new(pane.statistics.clone());
            out.emit(Report::Running { task: self.task, bucket, statistics });
        }
        Ok(())
    }
}

fn as_fatal(error: WindowSpecError) -> BoltError {
    BoltError::fatal(error)
}

impl<L: InputLine> Bolt<L> for CountBolt<L> {
    type Out = Emitter<Report<L>>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.task = context.task;
        self.windows = Some(TimeWindows::new(self.spec(context.clock.now())?));
        Ok(())
    }

    async fn execute(&mut self, line: &L, out: &mut Self::Out) -> Result<(), BoltError> {
        if line.is_in(&self.covered) {
            return Ok(());
        }
        let now = out.now();
        let Some(windows) = &mut self.windows else { return Ok(()) };
        if windows.is_due(now) {
            self.close(now, out).await?;
        }
        let Some(windows) = &mut self.windows else { return Ok(()) };
        let max_kept = self.settings.max_kept;
        let added = windows.add(now, |pane| {
            out.keep_in(&mut pane.tokens);
            (pane.add(line), pane.lines >= max_kept)
        });
        let Some((counted, is_full)) = added else { return Ok(()) };
        match counted {
            true if self.show_at.is_none() => self.show_at = Some(now + SHOW_EVERY),
            true => {}
            false => {
                self.settings.rejected.fetch_add(1, Ordering::Relaxed);
            }
        }
        let full = if is_full { windows.add(now, std::mem::take) } else { None };
        match full {
            Some(part) => self.emit(now, part, out).await,
            None => Ok(()),
        }
    }

    async fn tick(&mut self, now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.close(now, out).await?;
        self.show(now, out)
    }

    fn wake_at(&self) -> Option<Timestamp> {
        let close = self.windows.as_ref().and_then(TimeWindows::next_close);
        close.into_iter().chain(self.show_at).min()
    }

    /// The program stops: what is in the open bucket is kept as it is, and goes on after the next start.
    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.close(out.now(), out).await?;
        while let Some(closed) = self.windows.as_mut().and_then(|windows| windows.flush().next()) {
            self.emit(closed.window.start, closed.contents, out).await?;
        }
        Ok(())
    }
}
