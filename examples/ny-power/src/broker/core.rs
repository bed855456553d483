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
use super::store::{Changes, Store};

/// Events that are taken at a time: what they change is one transaction.
const BATCH: usize = 256;
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
            let is_tick = last_tick.is_none_or(|last| now.since(last) >= TICK || now < last);
            if is_tick {
                last_tick = Some(now);
                self.hub.handle(Event::Tick, now, &mut effects);
            }
            self.hub.save(is_tick, &mut effects);
            let changes = Changes::of(&mut effects);
            if !changes.is_empty() {
                self.store.commit(changes).await?;
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

    /// One connection after the other, each in its order.
    fn carry_out(&self, effects: &mut Effects) {
        effects.orders.sort_by_key(|(connection, _)| *connection);
        let mut orders = effects.orders.drain(..).peekable();
        while let Some((connection, _)) = orders.peek() {
            let connection = *connection;
            let mut close = None;
            let own = std::iter::from_fn(|| match orders.next_if(|(other, _)| *other == connection)?.1 {
                Order::Send(answer) => Some(answer),
                Order::Close(reason) => {
                    close = Some(reason);
                    None
                }
            });
            let outbox = self.outboxes.get(&connection);
            match outbox {
                Some(outbox) => outbox.push(own),
                None => own.for_each(drop),
            }
            if let (Some(outbox), Some(reason)) = (outbox, close) {
                outbox.close(reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

    use mqtt_protocol_core::mqtt::IntoPayload;
    use mqtt_protocol_core::mqtt::packet::{Qos, RetainHandling};
    use redb::backends::InMemoryBackend;

    use super::*;
    use crate::broker::access::Access;
    use crate::broker::config::Limits;
    use crate::broker::packet::{Answer, Connect, Message, Options, Request, Version};

    /// A disk that fails from some moment on.
    #[derive(Debug)]
    struct Failing {
        memory: InMemoryBackend,
        fails: Arc<AtomicBool>,
    }

    impl redb::StorageBackend for Failing {
        fn len(&self) -> io::Result<u64> {
            self.memory.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.memory.read(offset, out)
        }
        fn set_len(&self, len: u64) -> io::Result<()> {
            self.memory.set_len(len)
        }
        fn sync_data(&self) -> io::Result<()> {
            if self.fails.load(Ordering::SeqCst) {
                return Err(io::Error::other("the disk is full"));
            }
            self.memory.sync_data()
        }
        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.memory.write(offset, data)
        }
    }

    const CLIENT: ConnectionId = ConnectionId(1);

    fn connect(access: &Access) -> Event {
        let connect = Connect {
            version: Version::V5,
            client: "client".to_owned(),
            clean: true,
            keep_alive: 0,
            user: None,
            password: None,
            will: None,
            expiry: 0,
            receive_maximum: 10,
            packet_maximum: u32::MAX,
        };
        let rights = access.login(Some("pump"), Some(b"secret")).unwrap();
        Event::Connect { connection: CLIENT, connect: Box::new(connect), rights }
    }

    fn subscribe() -> Event {
        let options = Options {
            qos: Qos::AtLeastOnce,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::SendRetained,
            identifier: None,
        };
        let request = Request::Subscribe { id: 1, filters: vec![("#".to_owned(), options)] };
        Event::Request { connection: CLIENT, request }
    }

    fn publish(payload: &str) -> Event {
        let message = Message {
            topic: "ny-power/x".to_owned(),
            payload: payload.into_payload(),
            qos: Qos::AtLeastOnce,
            retain: true,
            properties: Vec::new(),
            expires: None,
        };
        let request = Request::Publish { message: Arc::new(message), id: 7 };
        Event::Request { connection: CLIENT, request }
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_neither_forwarded_nor_acknowledged() {
        let fails = Arc::new(AtomicBool::new(false));
        let store = Store::on(Failing { memory: InMemoryBackend::new(), fails: fails.clone() });
        let limits = Limits::default();
        let outbox = Arc::new(Outbox::new(limits.outbox));
        let core = Core { hub: Hub::new(limits, Vec::new()), store, outboxes: HashMap::new() };
        let (inputs, receiver) = mpsc::channel(10);
        let mut running = std::pin::pin!(core.run(receiver));
        let access = Access::ny_power("secret").unwrap();
        inputs.send(Input::Opened(CLIENT, outbox.clone())).await.unwrap();
        for event in [connect(&access), subscribe(), publish("kept")] {
            inputs.send(Input::Event(event)).await.unwrap();
        }
        let mut answers = VecDeque::new();
        let mut seen = Vec::new();
        while seen.len() < 4 {
            tokio::select! {
                end = &mut running => panic!("{end:?}"),
                _ = outbox.take(&mut answers) => seen.extend(answers.drain(..)),
            }
        }
        assert!(
            matches!(&seen[2], Answer::Publish(delivery) if delivery.message.payload.as_slice() == b"kept")
        );
        assert!(matches!(seen[3], Answer::PubAck(7, _)));

        fails.store(true, Ordering::SeqCst);
        inputs.send(Input::Event(publish("lost"))).await.unwrap();
        assert!(matches!(running.await, Err(BrokerError::Write { .. })));
        outbox.close(None);
        assert!(!outbox.take(&mut answers).await, "{answers:?}");
    }
}
