use std::any::Any;
use std::future::{Future, ready};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::buffer::Buffer;
use super::emitter::Emitter;
use super::letters::Letters;
use super::stream_time::StreamTime;
use super::wiring::{Timing, Wiring};
use crate::base::{Timestamp, Token, Work};
use crate::process::batch::{Load, Segment, Selection};
use crate::process::engine::{Edge, Hold, Inbox, Ledger, Sent, ship, tell};
use crate::process::topology::DeadLetterHandler;
use crate::process::{DeadLetter, DeadLettered, Stream, Tuple};

/// The engine's half of a spout's outputs: it holds the subscribers, so that replays and batches can leave
/// while the spout waits in `next` with its emitters borrowed.
pub trait Intake<O: Wiring>: Send + 'static {
    /// Takes over what was emitted.
    fn absorb(&mut self, out: &mut O);
    fn is_empty(&self) -> bool;
    fn is_full(&self) -> bool;
    /// How many tuples it holds.
    fn len(&self) -> usize;
    /// Makes root batches of what it holds and sends them.
    fn ship(&mut self, shipped: &mut Shipped<'_>) -> impl Future<Output = ()> + Send;
    /// Waits until the spout hands over a full batch from within `next`. Safe to cancel.
    fn handed_over(&mut self) -> impl Future<Output = ()> + Send;
    /// Sends some tuples of a root batch again.
    fn replay(&mut self, payload: &Payload, indices: &[u32], work: Work) -> impl Future<Output = ()> + Send;
    /// Gives a tuple to whoever takes dead letters.
    fn dead_letter(&mut self, payload: &Payload, letter: &DeadLetter);
    /// Puts a dead letter with the others that are to be sent. `cover` answers for it; it is given back when
    /// nobody reads them.
    fn write(&mut self, payload: &Payload, letter: DeadLetter, cover: Token) -> Option<Token>;
    /// Makes root batches of the dead letters and sends them.
    fn post(&mut self, shipped: &mut Shipped<'_>) -> impl Future<Output = ()> + Send;
    /// Lets go of the subscribers.
    fn disconnect(&mut self);

    /// Brings event time up to date: what is done in the ledger no longer holds it back.
    fn look(&mut self, _look: Look<'_>) {}
    /// Tells all tasks that read what they were not told.
    fn tell(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }
    /// What event time waits for.
    fn timing(&self) -> Timing {
        Timing::default()
    }
    /// Since then, by the engine's clock, the spout was not asked for tuples: it was not idle.
    fn was_blocked(&mut self, _since: Timestamp) {}
    /// The input has come to its end, and nothing is under way.
    fn end_time(&mut self) {}
}

/// Where to look for what holds back watermarks.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "no user sees it")]
pub struct Look<'a> {
    pub(crate) ledger: &'a Ledger<Payload>,
    /// Which of the spout's emitters this is.
    pub(crate) output: usize,
}

/// Where root batches are entered when they are sent.
#[expect(missing_debug_implementations, reason = "no user sees it")]
pub struct Shipped<'a> {
    pub(crate) ledger: Option<&'a mut Ledger<Payload>>,
    pub(crate) inbox: &'a Arc<Inbox>,
    pub(crate) tuples: u64,
    /// When they leave, on the watch of the spout's task.
    pub(crate) at: std::time::Duration,
    /// The time, if there are deadlines.
    pub(crate) now: Timestamp,
    /// Which of the spout's emitters this is.
    pub(crate) output: usize,
    /// The earliest timestamp of the tuples that are entered next.
    pub(crate) earliest: Option<Timestamp>,
}

/// A root batch that can be sent again: which output, and the load that was sent.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "no user sees it")]
pub struct Payload {
    pub(crate) output: usize,
    pub(super) load: Arc<dyn Any + Send + Sync>,
    /// It was sent to those who read dead letters.
    pub(super) is_letter: bool,
}

/// The intake of one emitter.
#[expect(missing_debug_implementations, reason = "no user sees it")]
pub struct EmitterIntake<T: Tuple + ?Sized> {
    partial: Buffer<T>,
    handoff: mpsc::Receiver<Buffer<T>>,
    edges: Vec<Edge<T>>,
    /// If the stream has event time.
    time: Option<Box<StreamTime<T>>>,
    dead: Option<DeadLetterHandler<T>>,
    letters: Letters<T>,
    batch: usize,
}

impl<T: Tuple + ?Sized> EmitterIntake<T> {
    pub(super) fn new(
        partial: Buffer<T>,
        handoff: mpsc::Receiver<Buffer<T>>,
        (edges, time): (Vec<Edge<T>>, Option<Box<StreamTime<T>>>),
        (handle, letters): (&Stream<T>, &Stream<DeadLettered<T>>),
        batch: usize,
    ) -> Self {
        let (dead, letters) = (handle.dead_letters(), Letters::new(letters.subscribers()));
        Self { partial, handoff, edges, time, dead, letters, batch }
    }

    /// The watermark does not pass what is under way, nor what will be sent again.
    fn hold_back(&mut self, ledger: Option<&Ledger<Payload>>, output: usize) {
        let hold = |from: Timestamp| ledger.and_then(|ledger| ledger.hold(output, from));
        if let Some(time) = &mut self.time {
            time.look(&mut self.edges, hold);
        }
    }
}

/// Takes what is in `buffer` out of it, entered as a root batch.
pub(super) fn enter<T: Tuple + ?Sized>(
    buffer: &mut Buffer<T>,
    shipped: &mut Shipped<'_>,
    is_letter: bool,
) -> (Arc<Load<T>>, Vec<Segment>) {
    let load = Arc::new(buffer.take_load());
    let covers = std::mem::take(&mut buffer.covers);
    let unanchored = std::mem::take(&mut buffer.unanchored);
    let len = u32::try_from(load.len()).unwrap_or(u32::MAX);
    let Some(ledger) = &mut shipped.ledger else {
        // Nothing is tracked: it is as safe as it will ever be.
        for cover in covers {
            cover.token.ack();
        }
        return (load, vec![Segment { work: Work::default(), end: len }]);
    };
    let payload = Payload { output: shipped.output, load: Arc::clone(&load) as _, is_letter };
    let indices = (!unanchored.is_empty()).then(|| unanchored.tracked(len));
    let hold = shipped.earliest.take().map(|at| Hold { output: shipped.output, at });
    let sent = Sent { len, indices, covers, at: shipped.at, now: shipped.now, is_letter, hold };
    let id = ledger.open(payload, sent);
    let work = id.map(|id| Work::root(Arc::clone(shipped.inbox) as _, id)).unwrap_or_default();
    let segments = unanchored.segments(&work, len);
    (load, segments)
}

impl<T: Tuple + ?Sized> Intake<Emitter<T>> for EmitterIntake<T> {
    fn absorb(&mut self, out: &mut Emitter<T>) {
        // What was handed over before goes first.
        while let Ok(mut buffer) = self.handoff.try_recv() {
            self.partial.append(&mut buffer);
        }
        out.give(&mut self.partial);
    }

    fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    fn is_full(&self) -> bool {
        self.len() >= self.batch
    }

    fn len(&self) -> usize {
        self.partial.load.len()
    }

    async fn ship(&mut self, shipped: &mut Shipped<'_>) {
        if self.partial.is_empty() {
            return;
        }
        shipped.earliest = self.time.as_mut().and_then(|time| time.observe(&self.partial.load));
        let (load, segments) = enter(&mut self.partial, shipped, false);
        self.hold_back(shipped.ledger.as_deref(), shipped.output);
        shipped.tuples += load.len() as u64;
        let all = Selection::Range(0, u32::try_from(load.len()).unwrap_or(u32::MAX));
        let since = self.time.as_ref().map(|time| time.is_sending());
        ship(&mut self.edges, &load, &all, segments).await;
        if let (Some(time), Some(since)) = (&mut self.time, since) {
            time.has_sent(since, &self.edges);
        }
    }

    async fn handed_over(&mut self) {
        match self.handoff.recv().await {
            Some(mut buffer) => self.partial.append(&mut buffer),
            None => std::future::pending().await,
        }
    }

    async fn replay(&mut self, payload: &Payload, indices: &[u32], work: Work) {
        if payload.is_letter {
            return self.letters.replay(payload, indices, work).await;
        }
        let Ok(load) = Arc::clone(&payload.load).downcast::<Load<T>>() else { return };
        let end = u32::try_from(indices.len()).unwrap_or(u32::MAX);
        let selected = Selection::List(indices.to_vec());
        ship(&mut self.edges, &load, &selected, vec![Segment { work, end }]).await;
    }

    fn dead_letter(&mut self, payload: &Payload, letter: &DeadLetter) {
        use crate::process::tuple::TupleBatch;
        let load = payload.load.downcast_ref::<Load<T>>();
        if let (Some(handler), Some(load)) = (&self.dead, load)
            && let Some(tuple) = load.items.get(letter.index as usize)
        {
            handler(tuple, letter);
        }
    }

    fn write(&mut self, payload: &Payload, letter: DeadLetter, cover: Token) -> Option<Token> {
        let Ok(load) = Arc::clone(&payload.load).downcast::<Load<T>>() else { return Some(cover) };
        self.letters.write(load, letter, cover)
    }

    async fn post(&mut self, shipped: &mut Shipped<'_>) {
        self.letters.post(shipped).await;
    }

    fn disconnect(&mut self) {
        self.edges.clear();
        self.letters.disconnect();
    }

    fn look(&mut self, Look { ledger, output }: Look<'_>) {
        self.hold_back(Some(ledger), output);
    }

    async fn tell(&mut self) {
        if let Some(time) = self.time.as_mut().filter(|time| time.timing().behind_since.is_some()) {
            let since = time.is_sending();
            tell(&mut self.edges).await;
            time.has_sent(since, &self.edges);
        }
    }

    fn timing(&self) -> Timing {
        self.time.as_ref().map(|time| time.timing()).unwrap_or_default()
    }

    fn was_blocked(&mut self, since: Timestamp) {
        if let Some(time) = &mut self.time {
            time.was_blocked(since);
        }
    }

    fn end_time(&mut self) {
        if let Some(time) = &mut self.time {
            time.end(&mut self.edges);
        }
    }
}
