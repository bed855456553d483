use super::bolt_task::BoltTask;
use super::fault::{BoltFault, Fault, settle};
use super::mailbox::Heard;
use super::running::TaskShared;
use crate::base::{Timestamp, Work, contain};
use crate::process::output::TooManyOutputs;
use crate::process::time::{Cell, Merged, Progress};
use crate::process::{BoltError, Outputs};

/// The event time of a task. It outlives the bolt.
pub(super) struct TaskTime {
    progress: Progress,
    /// What this life of the bolt was told.
    told: Option<Timestamp>,
    cell: Cell<Merged>,
}

impl TaskTime {
    pub(super) fn new(progress: Progress, shared: &TaskShared) -> Self {
        let cell = shared.board.reader(&shared.context.component, shared.context.task);
        let time = Self { progress, told: None, cell };
        time.show();
        time
    }

    fn show(&self) {
        self.cell.show(Merged { mark: self.progress.mark(), held_back: self.progress.held_back() });
    }

    /// The largest watermark of any sender, and when one of them moved last.
    pub(super) fn lead(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        self.progress.lead()
    }
}

/// What a bolt's task does about event time.
impl<B: Send + 'static, O: Outputs> BoltTask<B, O> {
    pub(super) async fn execute(&mut self, bolt: &mut B, port: usize) -> Result<(), BoltFault> {
        let now = self.shared.settings.clock.now();
        if self.ports.get(port).is_some_and(|port| port.has_parcel()) {
            self.run_parcel(bolt, port, now).await?;
        }
        if self.time.is_some() {
            self.hear(bolt, port).await?;
        }
        self.flush_after_linger(now).await;
        Ok(())
    }

    async fn flush_after_linger(&mut self, now: Timestamp) {
        let linger = self.shared.settings.linger;
        let waits = self.out.waiting_since().is_some_and(|since| now.since(since) >= linger);
        let timer = &self.shared.settings.timer;
        let behind = self.out.timing().behind_since;
        if waits || behind.is_some_and(|since| timer.now().since(since) >= linger) {
            self.flush().await;
        }
    }

    /// Takes notice of what the sender of a parcel said behind it.
    async fn hear(&mut self, bolt: &mut B, port: usize) -> Result<(), BoltFault> {
        let heard = self.ports.get_mut(port).and_then(|port| port.take_heard());
        if let (Some(Heard { sender, mark }), Some(time)) = (heard, &mut self.time) {
            time.progress.hear(port, sender, mark, self.shared.settings.timer.now());
            time.show();
            self.advance(bolt).await?;
        }
        Ok(())
    }

    /// Tells a bolt that was made anew how far event time is.
    pub(super) async fn tell_again(&mut self, bolt: &mut B) -> Result<(), BoltFault> {
        if let Some(time) = &mut self.time {
            time.told = None;
        }
        self.advance(bolt).await
    }

    /// Tells the bolt how far event time is, and then those who read its streams.
    async fn advance(&mut self, bolt: &mut B) -> Result<(), BoltFault> {
        let Some(time) = &mut self.time else { return Ok(()) };
        let mark = time.progress.mark();
        if let Some(watermark) = mark.watermark.filter(|_| mark.watermark > time.told) {
            time.told = mark.watermark;
            let now = self.shared.settings.clock.now();
            self.shared.counters.began.set(now);
            self.out.enter(&Work::default(), now);
            for port in self.ports.iter_mut().filter(|port| port.is_first()) {
                settle(contain(port.on_watermark(bolt, watermark, &mut self.out)).await)?;
            }
            if self.out.take_overflow() {
                return Err(Fault::Error(BoltError::restart(TooManyOutputs)));
            }
            self.out.leave();
        }
        self.out.pass_on(mark);
        Ok(())
    }

    /// Whether all inputs have ended by themselves, and not because the topology was stopped.
    pub(super) fn has_come_to_its_end(&self) -> bool {
        match &self.time {
            Some(time) => time.progress.mark().is_end(),
            None => !self.shared.phase.signal().stopped,
        }
    }
}
