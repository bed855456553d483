use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use flowcore::ingest::{Sink, SinkError};
use flowcore::process::{Bolt, BoltError, NoOutput};

/// Collects what bolts and sinks made from it see. Clones share one list.
#[derive(Debug)]
pub struct Recorder<T>(Arc<Mutex<Vec<T>>>);

impl<T> Recorder<T> {
    /// An empty list.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was seen so far, in order.
    pub fn items(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.lock().clone()
    }

    /// How many were seen so far.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was seen yet.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Adds one by hand.
    pub fn push(&self, item: T) {
        self.lock().push(item);
    }

    /// A bolt that records its tuples.
    pub fn bolt(&self) -> RecordingBolt<T> {
        RecordingBolt(self.clone())
    }

    /// A sink that records its events.
    pub fn sink(&self) -> RecordingSink<T> {
        RecordingSink(self.clone())
    }
}

impl<T> Default for Recorder<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Recorder<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// See [`Recorder::bolt`].
#[derive(Debug)]
pub struct RecordingBolt<T>(Recorder<T>);

impl<T: Clone + Send + Sync + 'static> Bolt<T> for RecordingBolt<T> {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &T, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(tuple.clone());
        Ok(())
    }
}

/// Text is recorded as `String`s.
impl Bolt<str> for RecordingBolt<String> {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(tuple.to_owned());
        Ok(())
    }
}

/// See [`Recorder::sink`].
#[derive(Debug)]
pub struct RecordingSink<T>(Recorder<T>);

#[async_trait]
impl<T: Clone + Send + Sync + 'static> Sink<T> for RecordingSink<T> {
    async fn deliver(&mut self, events: &[T]) -> Result<(), SinkError> {
        self.0.lock().extend_from_slice(events);
        Ok(())
    }
}
