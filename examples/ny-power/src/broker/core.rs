//! The task around the hub: takes what came meanwhile, writes what must not be lost, then lets it out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Clock;
use tokio::sync::mpsc;

use super::error::BrokerError;
use super::hub::{Effects, Event, Hub, Order};
use super::outbox::Outbox;
use super::session::ConnectionId;
use super::store::Store;

/// Events that are taken at a time: what they change is one transaction.
const BATCH: usize = 512;
const TICK: Duration = Duration::from_secs(1);

/// What connections tell the core.
#[derive(Debug)]
pub(super) enum Input {
    Event(Event),
    /// A connection, before anything else of it.
    Opened(ConnectionId, Arc<Outbox>),
    /// A connection is gone, after everything else of it.
    Closed(ConnectionId),
}

#[derive(Debug)]
pub(super) struct Core {
    pub(super) hub: Hub,
    pub(super) store: Store,
    pub(super) outboxes: HashMap<ConnectionId, Arc<Outbox>>,
}

impl Core {
    /// Until all connections are gone, or a message cannot be written.
    pub(super) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Result<(), BrokerError> {
        let clock = Clock::system();
        let (mut batch, mut effects) = (Vec::with_capacity(BATCH), Effects::default());
        let mut last_tick = None;
        loop {
            tokio::select! {
                count = inputs.recv_many(&mut batch, BATCH) => if count == 0 { return Ok(()) },
                () = clock.sleep(TICK) => {}
            }
            let now = clock.now();
            for input in batch.drain(..) {
                self.take(input, now, &mut effects);
            }
            if last_tick.is_none_or(|last| now.since(last) >= TICK || now < last) {
                last_tick = Some(now);
                self.hub.handle(Event::Tick, now, &mut effects);
            }
            if !effects.changes.is_empty() {
                self.store.commit(std::mem::take(&mut effects.changes)).await?;
            }
            self.carry_out(&mut effects);
        }
    }

    fn take(&mut self, input: Input, now: flowcore::base::Timestamp, effects: &mut Effects) {
        match input {
            Input::Event(event) => self.hub.handle(event, now, effects),
            Input::Opened(connection, outbox) => {
                self.outboxes.insert(connection, outbox);
            }
            Input::Closed(connection) => {
                self.hub.handle(Event::Lost(connection), now, effects);
                self.outboxes.remove(&connection);
            }
        }
    }

    fn carry_out(&self, effects: &mut Effects) {
        for (connection, order) in effects.orders.drain(..) {
            let Some(outbox) = self.outboxes.get(&connection) else { continue };
            match order {
                Order::Send(answer) => outbox.push(answer),
                Order::Close(reason) => outbox.close(reason),
            }
        }
    }
}
