use flowcore::event::Event;
use flowcore::ingest::metrics::{Counter, Counters};
use flowcore::ingest::{ChannelWriter, PutErrorKind, Stopping};
use tokio::sync::{mpsc, oneshot};

use crate::NetError;
use crate::put::{Outcome, PutRule, Refusal, put};

/// Connections whose batches wait for the one that is put; more wait in their own tasks.
const WAITING: usize = 64;

/// A connection's way into the channels. Its batches are put one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    requests: mpsc::Sender<Request>,
    stopping: Stopping,
    counters: Counters,
}

#[derive(Debug)]
struct Request {
    events: Vec<Event>,
    answer: oneshot::Sender<Outcome>,
}

impl Intake {
    /// Puts a batch and waits for what becomes of it. `None` when the source is gone.
    pub(crate) async fn put(&self, events: Vec<Event>) -> Option<Outcome> {
        if events.is_empty() {
            return Some(Outcome { accepted: 0, refusal: None });
        }
        let (answer, outcome) = oneshot::channel();
        self.requests.send(Request { events, answer }).await.ok()?;
        outcome.await.ok()
    }

    /// Counts something that could not be read or understood.
    pub(crate) fn count_unread(&self) {
        self.counters.add(Counter::EventReadFail, 1);
    }

    /// Waits until the source is to stop.
    pub(crate) async fn stopping(&mut self) {
        self.stopping.wait().await;
    }
}

/// The other end: puts what the connections hand over.
#[derive(Debug)]
pub(crate) struct Desk {
    requests: mpsc::Receiver<Request>,
    rule: PutRule,
}

impl Desk {
    pub(crate) fn open(rule: PutRule, stopping: Stopping, counters: Counters) -> (Self, Intake) {
        let (sender, requests) = mpsc::channel(WAITING);
        (Self { requests, rule }, Intake { requests: sender, stopping, counters })
    }

    /// Puts the next batch. Not safe to cancel after it has one: so it waits in [`ready`](Self::ready).
    pub(crate) async fn serve(&mut self, next: Waiting, out: &mut ChannelWriter) -> Result<(), NetError> {
        let Request { events, answer } = next.0;
        let outcome = put(events, self.rule, out).await;
        let refusal = outcome.refusal.clone();
        // A connection that has ended does not listen any more.
        let _ = answer.send(outcome);
        match refusal {
            Some(Refusal { channel, kind: PutErrorKind::Closed }) if !out.is_stopping() => {
                Err(NetError::Refused { channel, kind: PutErrorKind::Closed })
            }
            Some(refusal) if refusal.kind == PutErrorKind::Full => {
                self.refuse_who_waited(&refusal);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Waits for the next batch. Safe to cancel.
    pub(crate) async fn ready(&mut self) -> Option<Waiting> {
        self.requests.recv().await.map(Waiting)
    }

    /// Who waited while the channel stayed full has waited as long as a put does, or nearly.
    fn refuse_who_waited(&mut self, refusal: &Refusal) {
        for _ in 0..self.requests.len() {
            let Ok(Request { answer, .. }) = self.requests.try_recv() else { return };
            let _ = answer.send(Outcome { accepted: 0, refusal: Some(refusal.clone()) });
        }
    }
}

/// A batch that is to be put next.
#[derive(Debug)]
pub(crate) struct Waiting(Request);
