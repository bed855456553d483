use std::sync::Arc;

use super::Mark;
use crate::base::Timestamp;
use crate::process::observe::{HeldBack, HeldBackReason};

/// The event time of one bolt task: what each sender of each input has said, and what follows of all that.
/// Pure. It belongs to the task and outlives its bolt.
#[derive(Debug)]
pub(crate) struct Progress {
    inputs: Vec<Input>,
    /// What follows: the watermark never goes back.
    merged: Mark,
}

/// One input of a task.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    component: Arc<str>,
    /// Which of the component's outputs.
    output: usize,
    /// The tasks that send; none if the stream has no event time.
    senders: Vec<Sender>,
}

#[derive(Debug, Clone, Copy)]
struct Sender {
    mark: Mark,
    /// When it said so.
    since: Timestamp,
}

impl Input {
    /// A stream of `senders` tasks; without event time, of none.
    pub(crate) fn new(component: Arc<str>, output: usize, senders: usize, now: Timestamp) -> Self {
        let sender = Sender { mark: Mark::default(), since: now };
        Self { component, output, senders: vec![sender; senders] }
    }
}

impl Progress {
    pub(crate) fn new(inputs: Vec<Input>) -> Self {
        Self { inputs, merged: Mark::default() }
    }

    /// Whether any input has event time.
    pub(crate) fn has_event_time(&self) -> bool {
        self.senders().next().is_some()
    }

    /// What a task that sends `input` says.
    pub(crate) fn hear(&mut self, input: usize, sender: usize, mark: Mark, now: Timestamp) {
        let sender = self.inputs.get_mut(input).and_then(|input| input.senders.get_mut(sender));
        let Some(sender) = sender else { return };
        if mark.watermark > sender.mark.watermark {
            sender.since = now;
        }
        sender.mark = sender.mark.raised_to(mark.watermark, mark.idle);
        self.merge();
    }

    fn senders(&self) -> impl Iterator<Item = &Sender> {
        self.inputs.iter().flat_map(|input| &input.senders)
    }

    fn merge(&mut self) {
        let open = || self.senders().map(|sender| sender.mark).filter(|mark| !mark.is_end());
        // Without a watermark comes first.
        let slowest = open().filter(|mark| !mark.idle).map(|mark| mark.watermark).min();
        let furthest = open().map(|mark| mark.watermark).max();
        self.merged = match (slowest, furthest) {
            (_, None) => Mark::END,
            (Some(watermark), _) => self.merged.raised_to(watermark, false),
            (None, Some(watermark)) => self.merged.raised_to(watermark, true),
        };
    }

    /// What the task knows, and says to those who read its streams.
    pub(crate) fn mark(&self) -> Mark {
        self.merged
    }

    /// The largest watermark of any sender that has not come to its end, and when one of them moved last.
    pub(crate) fn lead(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let open = || self.senders().filter(|sender| !sender.mark.is_end());
        let moved = open().filter(|sender| sender.mark.watermark.is_some()).map(|sender| sender.since);
        (open().filter_map(|sender| sender.mark.watermark).max(), moved.max())
    }

    /// Who holds back the watermark, and with which of its outputs. `None` when the inputs have ended, or have
    /// no event time.
    pub(crate) fn held_back(&self) -> Option<(HeldBack, usize)> {
        let open = || self.numbered().filter(|(_, _, sender)| !sender.mark.is_end());
        let active = open().filter(|(_, _, sender)| !sender.mark.idle);
        let (input, task, sender) = active
            .min_by_key(|(_, _, sender)| (sender.mark.watermark, sender.since))
            .or_else(|| open().max_by_key(|(_, _, sender)| (sender.mark.watermark, sender.since)))?;
        let reason = match sender.mark {
            Mark { idle: true, .. } => HeldBackReason::AllIdle,
            Mark { watermark: None, .. } => HeldBackReason::NothingYet,
            Mark { .. } => HeldBackReason::Behind,
        };
        let held = HeldBack {
            component: Arc::clone(&input.component),
            task,
            partition: None,
            watermark: sender.mark.watermark,
            since: sender.since,
            reason,
            idle_at: None,
        };
        Some((held, input.output))
    }

    fn numbered(&self) -> impl Iterator<Item = (&Input, usize, &Sender)> {
        self.inputs.iter().flat_map(|input| {
            input.senders.iter().enumerate().map(move |(task, sender)| (input, task, sender))
        })
    }
}
