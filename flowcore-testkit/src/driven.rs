use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{TaskEnd, TaskSet, Token};
use flowcore::event::Event;
use flowcore::ingest::{
    Batch, Channel, ChannelError, ChannelState, ChannelWriter, PutError, PutTransaction, Source, SourceError,
    Stopping, Take,
};
use tokio::sync::{mpsc, watch};

use crate::{bodies_of, context, within};

/// A source in a task of its own; what it puts is handed to the test, token and all.
#[derive(Debug)]
pub struct Driven {
    tasks: TaskSet<Result<(), SourceError>>,
    stop: watch::Sender<bool>,
    batches: mpsc::Receiver<Batch<Event>>,
}

#[expect(clippy::expect_used, clippy::panic, reason = "a test cannot go on without it")]
impl Driven {
    /// Starts and runs it.
    pub fn new(mut source: impl Source<Event>) -> Self {
        Self::spawn(async move |mut out| {
            source.start(&context()).await?;
            run(&mut source, &mut out).await
        })
    }

    /// Runs it once it has started: a source is subscribed when this returns.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn started(mut source: impl Source<Event>) -> Self {
        within(source.start(&context())).await.expect("the source starts");
        Self::spawn(async move |mut out| run(&mut source, &mut out).await)
    }

    fn spawn<F>(run: impl FnOnce(ChannelWriter<Event>) -> F + Send) -> Self
    where
        F: Future<Output = Result<(), SourceError>> + Send + 'static,
    {
        let (stop, stopping) = watch::channel(false);
        let (sender, batches) = mpsc::channel(8);
        let channel: Arc<dyn Channel<Event>> = Arc::new(HandOver(sender));
        let out = ChannelWriter::new(vec![channel], context(), Stopping::new(stopping));
        let mut tasks = TaskSet::new();
        tasks.spawn("source", run(out));
        Self { tasks, stop, batches }
    }

    /// The next batch.
    ///
    /// # Panics
    /// When none comes.
    pub async fn batch(&mut self) -> Batch<Event> {
        tokio::select! {
            biased;
            end = self.tasks.next() => panic!("the source ended: {end:?}"),
            batch = within(self.batches.recv()) => batch.expect("the source runs"),
        }
    }

    /// Batches with `count` events together, acknowledged as they come.
    pub async fn acked(&mut self, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let batch = self.batch().await;
            bodies.extend(bodies_of(&batch.events));
            batch.token.ack();
        }
        bodies
    }

    /// A batch, if one comes in `time`.
    pub async fn batch_within(&mut self, time: Duration) -> Option<Batch<Event>> {
        tokio::time::timeout(time, self.batches.recv()).await.ok().flatten()
    }

    /// Stops it and waits for its end.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn stop(mut self) -> Result<(), SourceError> {
        self.stop.send_replace(true);
        self.end().await
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// What it ended with.
    ///
    /// # Panics
    /// When it panicked.
    pub async fn end(&mut self) -> Result<(), SourceError> {
        match within(self.tasks.next()).await {
            Some((_, TaskEnd::Done(outcome))) => outcome,
            other => panic!("the source ended with {other:?}"),
        }
    }

    /// What a crash does: nothing of it runs on.
    pub async fn crash(mut self) {
        self.tasks.abort_all();
        self.tasks.next().await;
    }
}

async fn run(source: &mut impl Source<Event>, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
    source.run(out).await?;
    source.stop().await
}

/// A second half that hands over what was put.
#[derive(Debug)]
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
