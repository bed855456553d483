use std::sync::Arc;

use tokio::sync::mpsc;

use super::Outputs;
use super::buffer::{Buffer, Cover};
use super::intake::EmitterIntake;
use super::stream_time::StreamTime;
use super::wiring::{Connect, Emitted, Timing, Wiring};
use crate::base::{DeliveryError, LossKind, Timestamp, Token, TokenSet, Work};
use crate::process::batch::{Pool, Segment, Selection};
use crate::process::engine::{Edge, Pulse, ship, tell};
use crate::process::time::Mark;
use crate::process::topology::{Output, Stream, StreamName};
use crate::process::tuple::TupleBatch;
use crate::process::{DeadLettered, Tuple};

/// One typed output.
pub struct Emitter<T: Tuple + ?Sized> {
    pub(super) buffer: Buffer<T>,
    pub(super) way: Way<T>,
    work: Work,
    index: u32,
    now: Timestamp,
    since: Timestamp,
    batch: usize,
    most: usize,
    /// The token that covers what is emitted in this call of `next`, from an index on.
    cover: Option<(u32, Token)>,
    overflow: bool,
    emitted: u64,
    /// Tuples that were put aside by windows.
    late: u64,
    /// Of a bolt's stream, if it has event time.
    time: Option<Box<StreamTime<T>>>,
    pulse: Option<Arc<Pulse>>,
}

/// How many batches one call may emit without waiting.
const MOST_BATCHES: usize = 64;

/// One call emitted more than it may without waiting: what is above was not emitted.
#[derive(Debug, thiserror::Error)]
#[error("more than 64 batches were emitted in one call without waiting: use `send` for many outputs")]
pub(crate) struct TooManyOutputs;

fn overflowed() -> DeliveryError {
    DeliveryError::new("an emitter", LossKind::Failed).caused_by(TooManyOutputs)
}

pub(super) enum Way<T: Tuple + ?Sized> {
    /// A bolt's: to its subscribers.
    Edges(Vec<Edge<T>>),
    /// A spout's: to its intake.
    Handoff(mpsc::Sender<Buffer<T>>),
}

impl<T: Tuple + ?Sized> Emitter<T> {
    fn new(way: Way<T>, with: &Connect) -> Self {
        Self {
            buffer: Buffer::new(Pool::new()),
            way,
            work: Work::default(),
            index: 0,
            now: with.settings.clock.now(),
            since: Timestamp::MIN,
            batch: with.settings.batch,
            most: with.settings.batch.saturating_mul(MOST_BATCHES),
            cover: None,
            overflow: false,
            emitted: 0,
            late: 0,
            time: None,
            pulse: with.pulse.clone(),
        }
    }

    /// Emits a tuple. It is anchored to the tuple in execution, which is acknowledged only when this one is.
    ///
    /// It does not wait, so it is for the usual few outputs: a call that emits more than 64 batches (131,072
    /// tuples by default) fails. Use [`send`](Self::send) for many.
    #[inline]
    pub fn emit(&mut self, tuple: T::Put<'_>) {
        if self.buffer.load.items.len() >= self.most {
            self.overflow = true;
            return;
        }
        self.buffer.load.items.push(tuple);
    }

    /// Keeps some of the 64 tuples from `nth * 64` on of the root batch in execution: those whose bits are set.
    pub(crate) fn keep_word(&self, nth: u32, bits: u64, set: &mut TokenSet) {
        set.keep_word(&self.work, nth, bits);
    }

    /// The tuple that was emitted last is one that no window takes.
    pub(crate) fn count_late(&mut self) {
        self.late += 1;
    }

    /// Emits a tuple, and waits while a full batch is ahead of it that the next tasks have no room for.
    #[inline]
    pub async fn send(&mut self, tuple: T::Put<'_>) {
        if self.buffer.load.items.len() >= self.batch {
            self.flush().await;
        }
        self.emit(tuple);
    }

    /// Emits a tuple that answers to `token` instead of the tuple in execution: when everything that comes of
    /// it is safe, the token is acknowledged. For windows and batches, see
    /// [`Token::joint`](crate::base::Token::joint).
    pub fn emit_anchored(&mut self, tuple: T::Put<'_>, token: Token) {
        if matches!(self.way, Way::Handoff(_)) {
            return self.emit_covered(tuple, token);
        }
        self.seal();
        let work = Work::anchored_to(token);
        self.emit(tuple);
        let end = self.buffer.len();
        if self.overflow {
            // It was not emitted: its token must not say that it was.
            work.fail(0, overflowed());
        } else {
            self.close_run();
            self.buffer.segments.push(Segment { work, end });
        }
    }

    /// The same, and waits while a full batch is ahead of it that the next tasks have no room for.
    pub async fn send_anchored(&mut self, tuple: T::Put<'_>, token: Token) {
        self.make_room().await;
        self.emit_anchored(tuple, token);
    }

    /// Waits while a full batch is ahead that the next tasks have no room for.
    pub(super) async fn make_room(&mut self) {
        if self.buffer.load.items.len() >= self.batch {
            self.flush().await;
        }
    }

    /// Sends tuples that all answer to one `token`, as [`send_anchored`](Self::send_anchored) does with one: the
    /// token is acknowledged when everything that comes of any of them is safe. At once if there are none.
    pub(crate) async fn send_all_anchored<'a>(
        &mut self,
        tuples: impl Iterator<Item = T::Put<'a>>,
        token: Token,
    ) {
        self.seal();
        let work = Work::anchored_to(token);
        for tuple in tuples {
            if self.buffer.load.items.len() >= self.batch {
                self.buffer.end_segment(&work);
                self.flush().await;
            }
            self.emit(tuple);
        }
        self.buffer.end_segment(&work);
    }

    /// The same for a spout: the token covers this tuple alone, the cover goes on behind it.
    fn emit_covered(&mut self, tuple: T::Put<'_>, token: Token) {
        self.split_cover();
        let start = self.buffer.len();
        self.emit(tuple);
        let end = self.buffer.len();
        if let Some((start, _)) = &mut self.cover {
            *start = end;
        }
        if start < end {
            self.buffer.covers.push(Cover { start, end, token });
        } else {
            token.fail(overflowed());
        }
    }

    /// What was emitted since the last segment belongs to the work in execution.
    pub(super) fn seal(&mut self) {
        if matches!(self.way, Way::Handoff(_)) {
            return;
        }
        self.close_run();
        self.buffer.end_segment(&self.work);
    }

    /// What was emitted since the last run came from the tuple in execution.
    #[inline]
    fn close_run(&mut self) {
        let end = self.buffer.len();
        if end > 0 {
            self.buffer.load.roots.extend_to(end, self.index);
        }
    }

    /// Gives what a spout emitted to its intake.
    pub(super) fn give(&mut self, to: &mut Buffer<T>) {
        self.end_cover();
        self.emitted += self.buffer.load.len() as u64;
        to.append(&mut self.buffer);
    }

    fn end_cover(&mut self) {
        let end = self.buffer.len();
        match self.cover.take() {
            // Some of what it covers was not emitted.
            Some((_, token)) if self.overflow => token.fail(overflowed()),
            Some((start, token)) if start < end => self.buffer.covers.push(Cover { start, end, token }),
            Some((_, token)) => token.ack(),
            None => {}
        }
    }

    /// The buffer leaves while its cover goes on: each part holds a share.
    fn split_cover(&mut self) {
        let end = self.buffer.len();
        if let Some((start, token)) = &mut self.cover {
            if *start < end {
                self.buffer.covers.push(Cover { start: *start, end, token: token.share() });
            }
            *start = 0;
        }
    }

    fn edges(handle: &Stream<T>) -> Vec<Edge<T>> {
        handle.subscribers()
    }
}

impl<T: Tuple + ?Sized> Drop for Emitter<T> {
    fn drop(&mut self) {
        self.seal();
    }
}

impl<T: Tuple + ?Sized> Outputs for Emitter<T> {
    type Streams = Stream<T>;
    type DeadLetters = Stream<DeadLettered<T>>;

    fn now(&self) -> Timestamp {
        self.now
    }

    fn keep(&mut self) -> Token {
        self.work.token(self.index)
    }

    #[inline]
    fn keep_in(&mut self, set: &mut TokenSet) {
        set.keep(&self.work, self.index);
    }

    fn keep_alive(&mut self) {
        self.work.keep_alive();
    }

    fn cover(&mut self, token: Token) {
        self.end_cover();
        match self.way {
            Way::Edges(_) => token.ack(),
            Way::Handoff(_) => self.cover = Some((self.buffer.len(), token)),
        }
    }
}

impl<T: Tuple + ?Sized> Wiring for Emitter<T> {
    type Handles = Stream<T>;
    type Letters = Stream<DeadLettered<T>>;
    type Intake = EmitterIntake<T>;

    fn handles(name: &StreamName) -> Stream<T> {
        Stream::new(name.clone())
    }

    fn letters(name: &StreamName) -> Self::Letters {
        Stream::new(name.dead_letters())
    }

    fn outputs(handle: &Stream<T>) -> Vec<Output> {
        vec![handle.output()]
    }

    fn of_bolt(handle: &Stream<T>, with: &Connect) -> Self {
        let mut edges = Self::edges(handle);
        let time = StreamTime::new(handle, &mut edges, with);
        let mut emitter = Self::new(Way::Edges(edges), with);
        emitter.time = time;
        emitter
    }

    fn of_spout(handle: &Stream<T>, letters: &Self::Letters, with: &Connect) -> (Self, EmitterIntake<T>) {
        let (sender, receiver) = mpsc::channel(1);
        let batch = with.settings.batch.min(with.settings.max_pending);
        let mut emitter = Self::new(Way::Handoff(sender), with);
        emitter.batch = batch;
        let partial = Buffer::new(Arc::clone(&emitter.buffer.pool));
        let mut edges = Self::edges(handle);
        let time = StreamTime::new(handle, &mut edges, with);
        let intake = EmitterIntake::new(partial, receiver, (edges, time), (handle, letters), batch);
        (emitter, intake)
    }

    fn enter(&mut self, work: &Work, now: Timestamp) {
        self.work = work.clone();
        self.now = now;
        if self.buffer.is_empty() {
            self.since = now;
        }
    }

    #[inline]
    fn at(&mut self, index: u32) {
        self.close_run();
        self.index = index;
    }

    fn leave(&mut self) {
        self.seal();
        self.work = Work::default();
        self.index = 0;
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.overflow || self.buffer.load.items.len() >= self.batch
    }

    fn abandon(&mut self) {
        if let Some((_, token)) = self.cover.take() {
            token.fail(DeliveryError::new("a spout that was interrupted", LossKind::Dropped));
        }
    }

    fn take_overflow(&mut self) -> bool {
        std::mem::take(&mut self.overflow)
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        (!self.buffer.is_empty()).then_some(self.since)
    }

    async fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        self.seal();
        self.since = self.now;
        match &mut self.way {
            Way::Edges(edges) => {
                let load = self.buffer.take_load();
                let segments = std::mem::take(&mut self.buffer.segments);
                let len = u32::try_from(load.len()).unwrap_or(u32::MAX);
                self.emitted += u64::from(len);
                if let Some(time) = &mut self.time {
                    time.observe(&load);
                    time.look(edges, |_| None);
                }
                let since = self.time.as_ref().map(|time| time.is_sending());
                let _waits = self.pulse.as_deref().map(Pulse::wait_for_room);
                ship(edges, &Arc::new(load), &Selection::Range(0, len), segments).await;
                if let (Some(time), Some(since)) = (&mut self.time, since) {
                    time.has_sent(since, edges);
                }
            }
            Way::Handoff(intake) => {
                // Room first: a `next` that is dropped while it waits here loses nothing. The intake lives
                // as long as the spout's task: there is somebody to take it.
                let Ok(room) = intake.clone().reserve_owned().await else { return };
                self.split_cover();
                room.send(self.buffer.take());
            }
        }
    }

    fn pass_on(&mut self, mark: Mark) {
        if let (Some(time), Way::Edges(edges)) = (&mut self.time, &mut self.way) {
            time.pass_on(mark, edges);
        }
    }

    async fn tell(&mut self) {
        let (Some(time), Way::Edges(edges)) = (&mut self.time, &mut self.way) else { return };
        time.look(edges, |_| None);
        if time.timing().behind_since.is_some() {
            let since = time.is_sending();
            tell(edges).await;
            time.has_sent(since, edges);
        }
    }

    fn end_time(&mut self) {
        if let (Some(time), Way::Edges(edges)) = (&mut self.time, &mut self.way) {
            time.end(edges);
        }
    }

    fn timing(&self) -> Timing {
        self.time.as_ref().map(|time| time.timing()).unwrap_or_default()
    }

    fn take_counts(&mut self) -> Emitted {
        Emitted { tuples: std::mem::take(&mut self.emitted), late: std::mem::take(&mut self.late) }
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for Emitter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emitter").field("waiting", &self.buffer.load.len()).finish_non_exhaustive()
    }
}
