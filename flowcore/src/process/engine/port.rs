use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::MailboxReceiver;
use crate::base::{DeliveryError, LossKind, Panic, Timestamp, Work};
use crate::process::batch::Parcel;
use crate::process::observe::OpenWindows;
use crate::process::{Bolt, BoltError, TaskContext, Tuple};

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One input of a bolt task: its mailbox, and the calls of the bolt for that type of tuple. Boxed futures are
/// for batches and for the bolt's life, never for tuples.
pub(crate) trait Port<B, O>: Send {
    /// Takes the next parcel out of the mailbox. `Some(())` when there is one to [`run`](Self::run).
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>>;

    /// Whether it reads a feedback edge.
    fn is_loop(&self) -> bool;

    /// Takes nothing in any more.
    fn close(&mut self);

    /// Executes the parcel from where it stands. After an error it can be called again for the rest.
    fn run<'a>(&'a mut self, call: Call<'a, B, O>) -> Boxed<'a, Result<(), BoltError>>;

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
    pub(crate) tally: &'a mut Tally,
}

/// Counts of one parcel.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) executed: u64,
    pub(crate) failed: u64,
}

pub(crate) struct TypedPort<T: Tuple + ?Sized> {
    mailbox: MailboxReceiver<T>,
    current: Option<Parcel<T>>,
    first: bool,
}

impl<T: Tuple + ?Sized> TypedPort<T> {
    pub(crate) fn new(mailbox: MailboxReceiver<T>, first: bool) -> Self {
        Self { mailbox, current: None, first }
    }
}

impl<B: Bolt<T>, T: Tuple + ?Sized> Port<B, B::Out> for TypedPort<T> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.mailbox.poll_receive(cx).map(|parcel| {
            self.current = parcel;
            self.current.as_ref().map(|_| ())
        })
    }

    fn is_loop(&self) -> bool {
        self.mailbox.is_loop()
    }

    fn close(&mut self) {
        self.mailbox.close();
    }

    fn run<'a>(&'a mut self, call: Call<'a, B, B::Out>) -> Boxed<'a, Result<(), BoltError>> {
        Box::pin(async move {
            let Some(parcel) = &mut self.current else { return Ok(()) };
            execute(parcel, call).await?;
            self.current = None;
            Ok(())
        })
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
async fn execute<B: Bolt<T>, T: Tuple + ?Sized>(
    parcel: &mut Parcel<T>,
    call: Call<'_, B, B::Out>,
) -> Result<(), BoltError> {
    use crate::process::output::{TooManyOutputs, Wiring};
    use crate::process::tuple::TupleBatch;

    let Call { bolt, out, now, component, tally } = call;
    while let Some(segment) = parcel.segments.get_mut(parcel.segment) {
        out.enter(&segment.work, now);
        while parcel.at < segment.end {
            let index = parcel.selection.get(parcel.at);
            let root = parcel.load.roots.get(index).copied().unwrap_or(0);
            tally.executed += 1;
            out.at(root);
            let Some(tuple) = parcel.load.items.get(index) else { break };
            let mut result = bolt.execute(tuple, out).await;
            parcel.at += 1;
            if out.is_full() {
                if out.take_overflow() && result.is_ok() {
                    result = Err(BoltError::reject(TooManyOutputs));
                }
                out.flush().await;
            }
            if let Err(error) = result {
                tally.failed += 1;
                if let Some(stop) = fail(&segment.work, root, error, component) {
                    out.leave();
                    return Err(stop);
                }
            }
        }
        out.leave();
        segment.work = Work::default();
        parcel.segment += 1;
    }
    Ok(())
}

/// The tuple `root` has failed. Returns the error if the task cannot go on.
fn fail(work: &Work, root: u32, error: BoltError, component: &Arc<str>) -> Option<BoltError> {
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
