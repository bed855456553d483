use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::{
    Channel, ChannelWriter, ComponentContext, MemoryChannel, Source, SourceError, Stopping,
};
use flowcore_net::ListenAddresses;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// A source in a task of its own, and the channel that it puts into.
pub(crate) struct Driven {
    tasks: TaskSet<Result<(), SourceError>>,
    stop: watch::Sender<bool>,
    pub(crate) channel: Arc<MemoryChannel<Event>>,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Driven {
    pub(crate) async fn new(source: impl Source<Event>, addresses: ListenAddresses) -> Self {
        Self::with_room(source, addresses, 10_000).await
    }

    /// Into a channel that has little room, and waits for more for a moment.
    pub(crate) async fn with_room(
        mut source: impl Source<Event>,
        mut addresses: ListenAddresses,
        room: usize,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        let keep_alive = Duration::from_millis(50);
        let channel = MemoryChannel::builder().capacity(room).transaction(1000).keep_alive(keep_alive);
        let channel = Arc::new(channel.build("memory"));
        let context = ComponentContext::new("test", Clock::system());
        let channels: Vec<Arc<dyn Channel<Event>>> = vec![Arc::clone(&channel) as _];
        let mut writer = ChannelWriter::new(channels, context.clone(), Stopping::new(stopping));
        let mut tasks = TaskSet::new();
        tasks.spawn("source", async move {
            source.start(&context).await?;
            source.run(&mut writer).await?;
            source.stop().await
        });
        let addresses = within(addresses.wait()).await.expect("the source starts");
        Self { tasks, stop, channel, addresses }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        within(TcpStream::connect(self.addresses[0])).await.unwrap()
    }

    /// So many events, in their order.
    pub(crate) async fn events(&self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            let take = within(self.channel.take(count - events.len())).await.unwrap();
            events.extend_from_slice(take.events());
            take.commit().await.unwrap();
        }
        events
    }

    pub(crate) async fn bodies(&self, count: usize) -> Vec<String> {
        let events = self.events(count).await;
        events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.channel.state().waiting
    }

    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        match within(self.tasks.next()).await {
            Some((_, TaskEnd::Done(outcome))) => outcome.unwrap(),
            other => panic!("the source ended with {other:?}"),
        }
    }
}

/// Whatever a test waits for is there after half a minute.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it happens within 30 s")
}

/// Asks until it is so.
pub(crate) async fn until(mut check: impl FnMut() -> bool) {
    within(async {
        while !check() {
            Clock::system().sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    within(stream.write_all(bytes)).await.unwrap();
}

/// The next bytes, so many.
pub(crate) async fn receive(stream: &mut TcpStream, count: usize) -> String {
    let mut bytes = vec![0; count];
    within(stream.read_exact(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Everything until the peer ends it.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A peer that left bytes unread resets the connection: that is an end too.
    let _ = within(stream.read_to_end(&mut bytes)).await;
    String::from_utf8(bytes).unwrap()
}
