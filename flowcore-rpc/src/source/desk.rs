use std::fmt::Debug;

use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, PutError, PutErrorKind};
use tokio::sync::{mpsc, oneshot};

use super::SourceMonitor;
use crate::RpcError;
use crate::protocol::Outcome;

/// Calls that wait for the one that is put; more wait in their connections.
const WAITING: usize = 64;

/// A connection's way into the channels.
#[derive(Debug, Clone)]
pub(super) struct Counter(mpsc::Sender<Order>);

/// A batch, and who waits to hear what became of it.
#[derive(Debug)]
pub(super) struct Order {
    events: Vec<Event>,
    answer: oneshot::Sender<Outcome>,
}

/// Puts the batches of all connections, one after the other.
#[derive(Debug)]
pub(super) struct Desk {
    orders: mpsc::Receiver<Order>,
    monitor: SourceMonitor,
}

impl Counter {
    /// Puts a batch over the counter. `None` when the source is gone: nobody knows what became of it.
    pub(super) async fn order(&self, events: Vec<Event>) -> Option<Outcome> {
        let (answer, outcome) = oneshot::channel();
        self.0.send(Order { events, answer }).await.ok()?;
        outcome.await.ok()
    }
}

impl Desk {
    pub(super) fn open(monitor: SourceMonitor) -> (Self, Counter) {
        let (counter, orders) = mpsc::channel(WAITING);
        (Self { orders, monitor }, Counter(counter))
    }

    /// The next batch. Safe to cancel.
    pub(super) async fn next(&mut self) -> Option<Order> {
        self.orders.recv().await
    }

    /// Puts it. Not safe to cancel.
    pub(super) async fn serve<S: Debug>(
        &mut self,
        order: Order,
        out: &mut ChannelWriter,
    ) -> Result<(), RpcError<S>> {
        let put = out.put_sent(order.events).await;
        let outcome = if put.is_ok() { Outcome::Committed } else { Outcome::Refused };
        // A connection that has broken does not listen any more: its sender sends again.
        let _ = order.answer.send(outcome);
        let Err(PutError { channel, kind, .. }) = put else { return Ok(()) };
        self.note(&channel, kind, out);
        match kind {
            PutErrorKind::Closed if !out.is_stopping() => Err(RpcError::Refused { channel, kind }),
            PutErrorKind::Full => {
                self.refuse_who_waited(&channel, out);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Who came before the channel gave up on finding room has waited for it too.
    fn refuse_who_waited(&mut self, channel: &str, out: &ChannelWriter) {
        for _ in 0..self.orders.len() {
            let Ok(Order { answer, .. }) = self.orders.try_recv() else { return };
            let _ = answer.send(Outcome::Refused);
            self.note(channel, PutErrorKind::Full, out);
        }
    }

    fn note(&self, channel: &str, kind: PutErrorKind, out: &ChannelWriter) {
        let refused = self.monitor.refused();
        // With every power of two: often enough to be seen, never a flood.
        if refused.is_power_of_two() {
            tracing::warn!(source = %out.context().name, channel, %kind, refused, "calls are answered FAILED");
        }
    }
}
