use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Clock, TaskEnd, TaskSet, Token};
use flowcore::event::Event;
use flowcore::ingest::{
    Batch, Channel, ChannelError, ChannelState, ChannelWriter, ComponentContext, PutError, PutTransaction,
    Sink, Source, SourceError, Stopping, Take,
};
use tokio::sync::{mpsc, watch};

/// A source in a task of its own; what it puts is handed to the test, token and all.
pub(crate) struct Driven {
    tasks: TaskSet<Result<(), SourceError>>,
    stop: watch::Sender<bool>,
    batches: mpsc::Receiver<Batch<Event>>,
}

impl Driven {
    /// It has started when this returns: a source is subscribed.
    pub(crate) async fn new(mut source: impl Source<Event>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let (sender, batches) = mpsc::channel(8);
        let context = ComponentContext::new("test", Clock::system());
        let channel: Arc<dyn Channel<Event>> = Arc::new(HandOver(sender));
        let mut writer = ChannelWriter::new(vec![channel], context.clone(), Stopping::new(stopping));
        let mut tasks = TaskSet::new();
        within(source.start(&context)).await.unwrap();
        tasks.spawn("source", async move {
            let outcome = source.run(&mut writer).await;
            drop(writer);
            outcome?;
            source.stop().await
        });
        Self { tasks, stop, batches }
    }

    /// The next batch.
    pub(crate) async fn batch(&mut self) -> Batch<Event> {
        tokio::select! {
            biased;
            end = self.tasks.next() => panic!("the source ended: {end:?}"),
            batch = within(self.batches.recv()) => batch.expect("the source runs"),
        }
    }

    /// Batches with `count` events together, acknowledged as they come.
    pub(crate) async fn acked(&mut self, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let batch = self.batch().await;
            bodies.extend(bodies_of(&batch.events));
            batch.token.ack();
        }
        bodies
    }

    /// A batch, if one comes in `time`.
    pub(crate) async fn batch_within(&mut self, time: Duration) -> Option<Batch<Event>> {
        tokio::time::timeout(time, self.batches.recv()).await.ok().flatten()
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<(), SourceError> {
        self.stop.send(true).unwrap();
        self.end().await
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self) -> Result<(), SourceError> {
        match within(self.tasks.next()).await {
            Some((_, TaskEnd::Done(outcome))) => outcome,
            other => panic!("the source ended with {other:?}"),
        }
    }

    /// What a crash does: nothing of it runs on.
    pub(crate) async fn crash(mut self) {
        self.tasks.abort_all();
        self.tasks.next().await;
    }
}

/// A second half that hands over what was put.
struct HandOver(mpsc::Sender<Batch<Event>>);

struct Put {
    events: Vec<Event>,
    sender: mpsc::Sender<Batch<Event>>,
}

#[async_trait]
impl Channel<Event> for HandOver {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<Event>>, ChannelError> {
        Ok(Box::new(Put { events: Vec::new(), sender: self.0.clone() }))
    }

    async fn take(&self, _max: usize) -> Result<Take<Event>, ChannelError> {
        Err(ChannelError::Closed { channel: "hand over".into() })
    }

    fn close(&self) {}

    fn state(&self) -> ChannelState {
        ChannelState::default()
    }
}

#[async_trait]
impl PutTransaction<Event> for Put {
    async fn put(&mut self, events: Vec<Event>) -> Result<(), PutError<Vec<Event>>> {
        self.events.extend(events);
        Ok(())
    }

    async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        // A test that has ended takes no more: then the token fails as it should.
        let _ = self.sender.send(Batch::new(self.events, token)).await;
        Ok(())
    }
}

/// A sink that has started.
pub(crate) async fn started<T: Send + 'static, S: Sink<T>>(mut sink: S) -> S {
    sink.start(&context()).await.unwrap();
    sink
}

pub(crate) fn context() -> ComponentContext {
    ComponentContext::new("test", Clock::system())
}

/// Whatever a test waits for is there after half a minute.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it happens within 30 s")
}

/// Asks until it is so.
pub(crate) async fn until(mut check: impl AsyncFnMut() -> bool) {
    within(async {
        while !check().await {
            pause(10).await;
        }
    })
    .await;
}

/// Lets a real server have some time.
pub(crate) async fn pause(millis: u64) {
    Clock::system().sleep(Duration::from_millis(millis)).await;
}

pub(crate) fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("entry {number}")).collect()
}

pub(crate) fn events(bodies: &[String]) -> Vec<Event> {
    bodies.iter().cloned().map(Event::new).collect()
}

pub(crate) fn bodies_of(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| String::from_utf8(event.body.to_vec()).unwrap()).collect()
}

/// What is left when everything that was there before is passed over.
pub(crate) fn first_occurrences(bodies: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    bodies.into_iter().filter(|body| seen.insert(body.clone())).collect()
}
