use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::config::BrokerConfig;
use super::connection::{Ended, Shared, serve};
use super::core::{Core, Input};
use super::error::BrokerError;
use super::fault_log::FaultLog;
use super::hub::Hub;
use super::outbox::Outbox;
use super::packet::Reason;
use super::session::ConnectionId;
use super::store::Store;
use super::transport::Carrier;

/// Events on their way to the core. A sender waits when it is full.
const INPUTS: usize = 256;
/// Clients have so long to take their last packets when the broker stops.
const GRACE: Duration = Duration::from_secs(3);
/// Wait before the next try when the system gives out no connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A small MQTT broker: 3.1.1 and 5, over TCP and websockets. What it does and does not is in the
/// [module's documentation](super).
#[derive(Debug)]
pub struct Broker {
    core: Core,
    shared: Shared,
    inputs: mpsc::Receiver<Input>,
}

impl Broker {
    /// Opens or makes the retained messages and sessions in `config.dir`, which must be there.
    ///
    /// # Errors
    /// When they cannot be read, or another program has them open.
    pub fn open(config: BrokerConfig) -> Result<Self, BrokerError> {
        let (store, kept) = Store::open(&config.dir)?;
        let (sender, inputs) = mpsc::channel(INPUTS);
        let mut hub = Hub::new(config.limits.clone(), kept.retained);
        hub.restore(kept.sessions, &config.access, Clock::system().now());
        let shared =
            Shared { access: Arc::new(config.access), limits: Arc::new(config.limits), inputs: sender };
        Ok(Self { core: Core { hub, store, outboxes: HashMap::new() }, shared, inputs })
    }

    /// Serves clients until `stopping` is there: then takes no more connections, tells all clients, and
    /// returns when they have left, at the latest after three seconds. Dropping it ends everything at once,
    /// as a crash does: what was acknowledged is on disk.
    ///
    /// # Errors
    /// [`BrokerError::Write`] when a message that is to be kept cannot be written; the publisher and
    /// subscribers have not got it.
    pub async fn serve(
        self,
        mqtt: TcpListener,
        websocket: TcpListener,
        stopping: impl Future<Output = ()> + Send,
    ) -> Result<(), BrokerError> {
        let Self { core, shared, inputs } = self;
        let mut cores = TaskSet::new();
        cores.spawn("broker", core.run(inputs));
        let mut connections = Connections::new(shared);
        let mut stopping = pin!(stopping);
        loop {
            tokio::select! {
                () = &mut stopping => break,
                Some((_, end)) = cores.next() => return ended(end),
                Some((name, end)) = connections.tasks.next() => connections.gone(&name, end).await,
                accepted = accept(&mqtt, &websocket), if connections.has_room() => {
                    let (stream, peer, carrier) = accepted;
                    connections.start(stream, peer, carrier).await;
                }
            }
        }
        drop((mqtt, websocket));
        connections.drain().await;
        // The last sender is gone: the core ends after what it was told.
        match cores.next().await {
            Some((_, end)) => ended(end),
            None => Ok(()),
        }
    }
}

/// The clients' tasks.
struct Connections {
    tasks: TaskSet<Ended>,
    faults: FaultLog,
    shared: Shared,
    last: u64,
    open: HashMap<Arc<str>, (ConnectionId, Arc<Outbox>)>,
}

impl Connections {
    fn new(shared: Shared) -> Self {
        Self { tasks: TaskSet::new(), faults: FaultLog::new(), shared, last: 0, open: HashMap::new() }
    }

    fn has_room(&self) -> bool {
        self.tasks.len() < self.shared.limits.connections
    }

    async fn start(&mut self, stream: TcpStream, peer: SocketAddr, carrier: Carrier) {
        self.last += 1;
        let (id, name): (_, Arc<str>) = (ConnectionId(self.last), format!("client {}", self.last).into());
        let outbox = Arc::new(Outbox::new(self.shared.limits.outbox));
        self.open.insert(name.clone(), (id, outbox.clone()));
        self.tell(Input::Opened(id, outbox.clone())).await;
        self.tasks.spawn(name, serve(stream, peer, carrier, id, outbox, self.shared.clone()));
    }

    /// The task of a client ended: what is left of it is the core's.
    async fn gone(&mut self, name: &str, end: TaskEnd<Ended>) {
        match end {
            TaskEnd::Done(ended) if ended.is_fault() => self.faults.note(&ended),
            TaskEnd::Done(ended) => tracing::debug!(%ended, "a connection ended"),
            TaskEnd::Panicked(panic) => tracing::error!(%panic, name, "the task of a client failed"),
            TaskEnd::Aborted => {}
        }
        if let Some((id, _)) = self.open.remove(name) {
            self.tell(Input::Closed(id)).await;
        }
    }

    /// A core that is not there any more needs to know nothing: the caller learns why it ended.
    async fn tell(&self, input: Input) {
        drop(self.shared.inputs.send(input).await);
    }

    /// Tells all clients that the broker stops, and waits for them.
    async fn drain(mut self) {
        for (_, outbox) in self.open.values() {
            outbox.close(Some(Reason::ServerShuttingDown));
        }
        let clock = Clock::system();
        let mut grace = pin!(clock.sleep(GRACE));
        let mut is_over = false;
        loop {
            tokio::select! {
                () = &mut grace, if !is_over => {
                    is_over = true;
                    self.tasks.abort_all();
                }
                end = self.tasks.next() => match end {
                    Some((name, end)) => self.gone(&name, end).await,
                    None => return,
                },
            }
        }
    }
}

/// Takes an address. Port 0 is any free one: the listener knows which.
///
/// # Errors
/// [`BrokerError::Listen`] when it cannot be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, BrokerError> {
    TcpListener::bind(address).await.map_err(|source| BrokerError::Listen { address, source })
}

fn ended(end: TaskEnd<Result<(), BrokerError>>) -> Result<(), BrokerError> {
    match end {
        TaskEnd::Done(result) => result,
        TaskEnd::Panicked(panic) => Err(BrokerError::Panicked(panic)),
        TaskEnd::Aborted => Ok(()),
    }
}

/// The next connection of either listener, however long it takes: what fails here is the peer's or passes.
async fn accept(mqtt: &TcpListener, websocket: &TcpListener) -> (TcpStream, SocketAddr, Carrier) {
    loop {
        let (accepted, carrier) = tokio::select! {
            accepted = mqtt.accept() => (accepted, Carrier::Tcp),
            accepted = websocket.accept() => (accepted, Carrier::WebSocket),
        };
        match accepted {
            Ok((stream, peer)) => return (stream, peer, carrier),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                Clock::system().sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
