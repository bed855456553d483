use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::MailboxReceiver;
use super::ahead::Ahead;
use super::mailbox::{Heard, Mail};
use super::pulse::{Limit, Pulse, Unlimited};
use crate::base::{DeliveryError, LossKind, Panic, Timestamp, Work};
use crate::process::batch::{Parcel, RootWalk, Run};
use crate::process::observe::OpenWindows;
use crate::process::output::{TooManyOutputs, Wiring};
use crate::process::upcoming::Upcoming;
use crate::process::{Bolt, BoltError, TaskContext, Tuple};

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One input of a bolt task: its mailbox, and the calls of the bolt for that type of tuple. Boxed futures are
/// for batches and for the bolt's life, never for tuples.
pub(crate) trait Port<B, O>: Send {
    /// Takes the next mail out of the mailbox. `Some(())` when there is a parcel to [`run`](Self::run), or
    /// something that was [heard](Self::take_heard), or both.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>>;

    /// Whether it reads a feedback edge.
    fn is_loop(&self) -> bool;

    /// Takes nothing in any more.
    fn close(&mut self);
    fn has_parcel(&self) -> bool;

    /// What the sender of the last parcel says behind it. Taken when that is done.
    fn take_heard(&mut self) -> Option<Heard>;

    /// Executes the parcel from where it stands. After an error it can be called again for the rest.
    fn run<'a>(&'a mut self, call: Call<'a, B, O>) -> Boxed<'a, Result<(), BoltError>>;

    /// How many tuples the last [`run`](Self::run) has executed.
    fn executed(&self) -> u32;

    /// The tuple in execution panicked.
    fn fail_current(&mut self, component: &Arc<str>, panic: &Panic);

    fn prepare<'a>(
        &'a mut self,
        bolt: &'a mut B,
        context: &'a TaskContext,
    ) -> Boxed<'a, Result<(), BoltError>>;
    fn tick<'a>(
        &'a mut self,
        bolt: &'a mut B,
        now: Timestamp,
        out: &'a mut O,
    ) -> Boxed<'a, Result<(), BoltError>>;
    fn on_watermark<'a>(
        &'a mut self,
        bolt: &'a mut B,
        watermark: Timestamp,
        out: &'a mut O,
    ) -> Boxed<'a, Result<(), BoltError>>;
    fn cleanup<'a>(&'a mut self, bolt: &'a mut B, out: &'a mut O) -> Boxed<'a, Result<(), BoltError>>;
    fn wake_at(&self, bolt: &B) -> Option<Timestamp>;
    fn is_full(&self, bolt: &B) -> bool;
    fn open_windows(&self, bolt: &B, windows: &mut OpenWindows);
    /// Whether this is the bolt's first port of its type: life-cycle calls go through that one alone.
    fn is_first(&self) -> bool;
}

/// What a port needs to run a parcel.
pub(crate) struct Call<'a, B, O> {
    pub(crate) bolt: &'a mut B,
    pub(crate) out: &'a mut O,
    pub(crate) now: Timestamp,
    pub(crate) component: &'a Arc<str>,
    /// Counts those that fail.
    pub(crate) failed: &'a mut u64,
    /// If calls of `execute` have a deadline.
    pub(crate) pulse: Option<&'a Pulse>,
}

pub(crate) struct TypedPort<T: Tuple + ?Sized> {
    mailbox: MailboxReceiver<T>,
    current: Option<Parcel<T>>,
    /// The stretch of the parcel that was run last.
    stretch: Range<u32>,
    heard: Option<Heard>,
    first: bool,
}

impl<T: Tuple + ?Sized> TypedPort<T> {
    pub(crate) fn new(mailbox: MailboxReceiver<T>, first: bool) -> Self {
        Self { mailbox, current: None, stretch: 0..0, heard: None, first }
    }
}

impl<B: Bolt<T>, T: Tuple + ?Sized> Port<B, B::Out> for TypedPort<T> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.mailbox.poll_receive(cx).map(|mail| {
            let Mail { parcel, heard } = mail?;
            (self.current, self.heard) = (parcel, heard);
            Some(())
        })
    }

    fn is_loop(&self) -> bool {
        self.mailbox.is_loop()
    }

    fn close(&mut self) {
        self.mailbox.close();
    }

    fn has_parcel(&self) -> bool {
        self.current.is_some()
    }

    fn take_heard(&mut self) -> Option<Heard> {
        self.heard.take()
    }

    fn run<'a>(&'a mut self, call: Call<'a, B, B::Out>) -> Boxed<'a, Result<(), BoltError>> {
        Box::pin(async move {
            let Some(parcel) = &mut self.current else { return Ok(()) };
            self.stretch = parcel.at..parcel.selection.len();
            match call.pulse {
                None => execute(parcel, call, &Unlimited).await?,
                Some(pulse) => execute(parcel, call, pulse).await?,
            }
            self.current = None;
            Ok(())
        })
    }

    fn executed(&self) -> u32 {
        self.current.as_ref().map_or(self.stretch.end, |parcel| parcel.at) - self.stretch.start
    }

    fn fail_current(&mut self, component: &Arc<str>, panic: &Panic) {
        let Some(parcel) = &mut self.current else { return };
        if parcel.segments.get(parcel.segment).is_some_and(|segment| parcel.at < segment.end) {
            let error = DeliveryError::new(Arc::clone(component), LossKind::Panicked);
            parcel.fail(parcel.at, error.caused_by(panic.clone()));
            parcel.at += 1;
        }
    }

    fn prepare<'a>(
        &'a mut self,
        bolt: &'a mut B,
        context: &'a TaskContext,
    ) -> Boxed<'a, Result<(), BoltError>> {
        Box::pin(bolt.prepare(context))
    }

    fn tick<'a>(
        &'a mut self,
        bolt: &'a mut B,
        now: Timestamp,
        out: &'a mut B::Out,
    ) -> Boxed<'a, Result<(), BoltError>> {
        Box::pin(bolt.tick(now, out))
    }

    fn on_watermark<'a>(
        &'a mut self,
        bolt: &'a mut B,
        watermark: Timestamp,
        out: &'a mut B::Out,
    ) -> Boxed<'a, Result<(), BoltError>> {
        Box::pin(bolt.on_watermark(watermark, out))
    }

    fn cleanup<'a>(&'a mut self, bolt: &'a mut B, out: &'a mut B::Out) -> Boxed<'a, Result<(), BoltError>> {
        Box::pin(bolt.cleanup(out))
    }

    fn wake_at(&self, bolt: &B) -> Option<Timestamp> {
        bolt.wake_at()
    }

    fn is_full(&self, bolt: &B) -> bool {
        bolt.is_full()
    }

    fn open_windows(&self, bolt: &B, windows: &mut OpenWindows) {
        bolt.open_windows(windows);
    }

    fn is_first(&self) -> bool {
        self.first
    }
}

/// Executes a parcel segment by segment. `at` moves on behind each tuple that was answered: one that is in
/// execution when the task is dropped fails with the rest of the parcel.
///
/// There is one call of the bolt, so that it is compiled into the loop.
async fn execute<B: Bolt<T>, T: Tuple + ?Sized>(
    parcel: &mut Parcel<T>,
    Call { bolt, out, now, component, failed, .. }: Call<'_, B, B::Out>,
    limit: &impl Limit,
) -> Result<(), BoltError> {
    let Parcel { load, selection, segments, at, segment: nth } = parcel;
    let mut walk = RootWalk::default();
    let mut tuples = load.from(selection, *at);
    let mut ahead = Ahead::new(load.from(selection, *at), *at);
    // With a deadline, each tuple has a call of its own.
    let mut plain_from = if limit.is_none() { *at } else { u32::MAX };
    // The tuple before which there is more to do than to execute it.
    let mut pause = *at;
    while let Some(segment) = segments.get_mut(*nth) {
        out.enter(&segment.work, now);
        let mut run = Run { root: 0, end: 0 };
        'segment: while *at < segment.end {
            if *at >= pause {
                if *at >= plain_from {
                    let mut upcoming = Upcoming { load, selection, at, end: segment.end, walk: &mut walk };
                    plain_from = bolt.execute_plain(&mut upcoming, out);
                    tuples = load.from(selection, *at);
                }
                ahead.before(*at, bolt);
                pause = plain_from.min(ahead.due());
            }
            // All tuples pass here: what only some of them need is outside, or behind a condition they share.
            let stretch_end = pause.min(segment.end);
            while *at < stretch_end {
                let Some((index, tuple)) = tuples.next() else { break 'segment };
                if index >= run.end {
                    run = walk.run_of(index, &load.roots);
                    out.at(run.root);
                }
                let result = match limit.bound(bolt.execute(tuple, out)).await {
                    Ok(()) if !out.is_full() => {
                        *at += 1;
                        continue;
                    }
                    result => result,
                };
                *at += 1;
                let is_full = out.is_full();
                let too_many = out.take_overflow().then(|| BoltError::reject(TooManyOutputs));
                let error = result.err().or(too_many);
                let stop =
                    error.and_then(|error| fail(&segment.work, run.root, error, (component, &mut *failed)));
                if is_full {
                    out.flush().await;
                }
                if let Some(stop) = stop {
                    out.leave();
                    return Err(stop);
                }
            }
        }
        out.leave();
        segment.work = Work::default();
        *nth += 1;
    }
    Ok(())
}

/// The tuple `root` has failed. Returns the error if the task cannot go on.
#[cold]
fn fail(
    work: &Work,
    root: u32,
    error: BoltError,
    (component, failed): (&Arc<str>, &mut u64),
) -> Option<BoltError> {
    *failed += 1;
    let failure = DeliveryError::new(Arc::clone(component), error.loss());
    match error {
        BoltError::Retry(cause) | BoltError::Reject(cause) => {
            tracing::debug!(%component, cause = &*cause as &dyn std::error::Error, "a tuple failed");
            work.fail(root, failure.caused_by(cause));
            None
        }
        BoltError::Restart(_) | BoltError::Fatal(_) => {
            work.fail(root, failure);
            Some(error)
        }
    }
}
