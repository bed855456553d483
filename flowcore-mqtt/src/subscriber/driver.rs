use std::time::Duration;

use flowcore::base::{Backoff, Receipt, Receipts};
use tokio::sync::{mpsc, watch};

use super::handle::Delivery;
use super::inbox::Inbox;
use crate::client::{Answer, Incoming, Reason};
use crate::link::{Broken, Connection, Dialer};
use crate::{Error, QoS};

/// The task that has the connection.
pub(super) struct Driver {
    dialer: Dialer,
    filters: Vec<(String, QoS)>,
    batch: usize,
    inbox: Inbox,
    receipts: Receipts<Vec<u64>>,
    deliveries: mpsc::Sender<Result<Delivery, Error>>,
    stopping: watch::Receiver<bool>,
    /// The broker has said once that it has our subscriptions.
    has_subscribed: bool,
    pause: Backoff,
    /// What failed is handed on again after a pause.
    is_pausing: bool,
}

/// There is one SUBSCRIBE at a time, and a subscriber sends nothing else that has a number.
const SUBSCRIPTION: u16 = 1;

/// Why a connection is served no longer.
enum End {
    Stopped,
    Broken(Error),
}

impl Driver {
    pub(super) fn new(
        dialer: Dialer,
        filters: Vec<(String, QoS)>,
        batch: usize,
        deliveries: mpsc::Sender<Result<Delivery, Error>>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let inbox = Inbox::new(usize::from(dialer.config().max_in_flight));
        Self {
            dialer,
            filters,
            batch,
            inbox,
            receipts: Receipts::new(),
            deliveries,
            stopping,
            has_subscribed: false,
            pause: Backoff::new(Duration::from_millis(50), Duration::from_secs(5)),
            is_pausing: false,
        }
    }

    /// The first connection: with the broker's word on each subscription.
    pub(super) async fn subscribed(&mut self) -> Result<Connection, Error> {
        loop {
            let mut connection = self.dialer.dial(None).await?;
            match self.subscribe_first(&mut connection).await {
                Ok(()) => return Ok(connection),
                Err(error) if error.retries() => self.dialer.pause(&error).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Until the broker's word on the subscriptions, or until so many messages came before it that they have to
    /// be handed on first.
    async fn subscribe_first(&mut self, connection: &mut Connection) -> Result<(), Error> {
        self.begin(connection)?;
        while !self.has_subscribed && self.inbox.has_room() {
            connection.progress(true).await.map_err(|cause| self.dialer.broken(cause))?;
            self.take_packets(connection)?;
        }
        Ok(())
    }

    fn begin(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let resumed = connection.connected().session_present;
        self.inbox.connected(resumed);
        if resumed && self.has_subscribed {
            return Ok(());
        }
        self.has_subscribed = false;
        connection.subscribe(SUBSCRIPTION, &self.filters, resumed).map_err(|cause| self.dialer.broken(cause))
    }

    /// Until it is stopped, nobody takes messages any more, or an error comes that will not pass.
    pub(super) async fn run(mut self, mut connection: Connection) {
        loop {
            let error = match self.serve(&mut connection).await {
                End::Stopped => return self.leave(connection).await,
                End::Broken(error) => error,
            };
            drop(connection);
            match self.reconnect(error).await {
                Ok(Some(next)) => connection = next,
                Ok(None) => return,
                Err(error) => {
                    // The reader is gone if this fails: nobody is left to tell.
                    let _ = self.deliveries.send(Err(error)).await;
                    return;
                }
            }
        }
    }

    /// `None` when it is not needed any more.
    async fn reconnect(&mut self, error: Error) -> Result<Option<Connection>, Error> {
        if !error.retries() {
            return Err(error);
        }
        let mut stopping = self.stopping.clone();
        let deliveries = self.deliveries.clone();
        let again = async {
            self.dialer.pause(&error).await;
            let mut connection = self.dialer.dial(None).await?;
            self.begin(&mut connection)?;
            Ok(connection)
        };
        tokio::select! {
            connection = again => connection.map(Some),
            _ = stopping.wait_for(|stop| *stop) => Ok(None),
            () = deliveries.closed() => Ok(None),
        }
    }

    async fn serve(&mut self, connection: &mut Connection) -> End {
        let mut stopping = self.stopping.clone();
        let deliveries = self.deliveries.clone();
        loop {
            if let Err(error) = self.take_packets(connection) {
                return End::Broken(error);
            }
            let pausing = self.is_pausing.then(|| self.pause.delay(self.pause.attempts().saturating_sub(1)));
            let clock = self.dialer.clock().clone();
            tokio::select! {
                progress = connection.progress(self.inbox.has_room()) => if let Err(cause) = progress {
                    return End::Broken(self.dialer.broken(cause));
                },
                receipt = self.receipts.next() => self.note(receipt),
                permit = deliveries.reserve(), if self.inbox.has_ready() && pausing.is_none() => match permit {
                    Ok(permit) => {
                        let (messages, numbers) = self.inbox.take_ready(self.batch);
                        permit.send(Ok(Delivery { messages, token: self.receipts.token(numbers) }));
                    }
                    Err(_) => return End::Stopped,
                },
                () = clock.sleep(pausing.unwrap_or_default()), if pausing.is_some() => self.is_pausing = false,
                _ = stopping.wait_for(|stop| *stop) => return End::Stopped,
            }
            while let Some(receipt) = self.receipts.try_next() {
                self.note(receipt);
            }
            self.answer(connection);
        }
    }

    fn note(&mut self, receipt: Receipt<Vec<u64>>) {
        match receipt.outcome {
            Ok(()) => {
                self.pause.reset();
                self.inbox.settle(&receipt.id);
            }
            Err(error) => {
                tracing::debug!(error = %error.chain(), "messages are handed on again");
                self.inbox.give_back(&receipt.id);
                self.pause.next_delay();
                self.is_pausing = true;
            }
        }
    }

    fn answer(&mut self, connection: &mut Connection) {
        while let Some((answer, id)) = self.inbox.next_answer() {
            connection.answer(answer, id);
        }
    }

    fn take_packets(&mut self, connection: &mut Connection) -> Result<(), Error> {
        while self.inbox.has_room() {
            let incoming = connection.next().map_err(|cause| self.dialer.broken(cause))?;
            let Some(incoming) = incoming else { return Ok(()) };
            self.take(incoming, connection)?;
        }
        Ok(())
    }

    fn take(&mut self, incoming: Incoming, connection: &mut Connection) -> Result<(), Error> {
        let unexpected = |driver: &Self| driver.dialer.broken(Broken::Unexpected);
        match incoming {
            Incoming::Message { message, id } => {
                self.dialer.works();
                self.inbox.receive(message, id).map_err(|_| unexpected(self))?;
                // One that was taken before is answered at once.
                self.answer(connection);
            }
            Incoming::Answer { answer: Answer::Released, id, .. } => {
                self.inbox.release(id);
                connection.answer(Answer::Completed, id);
            }
            Incoming::Subscribed { id: SUBSCRIPTION, reasons } => self.check_subscribed(&reasons)?,
            Incoming::Pong => {}
            _ => return Err(unexpected(self)),
        }
        Ok(())
    }

    fn check_subscribed(&mut self, reasons: &[Reason]) -> Result<(), Error> {
        if reasons.len() != self.filters.len() {
            return Err(self.dialer.broken(Broken::Unexpected));
        }
        let mut pairs = self.filters.iter().zip(reasons);
        if let Some(((filter, _), reason)) = pairs.find(|(_, reason)| reason.is_failure()) {
            return Err(self.dialer.refused(*reason).caused_by(format!("filter {filter}: {reason}")));
        }
        self.has_subscribed = true;
        self.dialer.works();
        Ok(())
    }

    /// Tells the broker what is settled by now.
    async fn leave(&mut self, mut connection: Connection) {
        while let Some(receipt) = self.receipts.try_next() {
            self.note(receipt);
        }
        self.answer(&mut connection);
        // What the broker does not hear it sends again.
        connection.leave(self.dialer.forgets(), self.dialer.config().connect_timeout).await;
    }
}
