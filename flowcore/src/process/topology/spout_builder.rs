use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::graph::Graph;
use super::{Node, Output, StreamName};
use crate::process::engine::{SpoutTask, WatchedEdge, Wiring as RunWiring};
use crate::process::output::Wiring;
use crate::process::{Outputs, RetryPolicy, Spout};

/// A spout in a topology. It stands for its stream: pass it to a bolt's grouping.
pub struct SpoutBuilder<S: Spout> {
    node: Arc<SpoutNode<S>>,
}

struct SpoutNode<S: Spout> {
    name: StreamName,
    factory: Arc<dyn Fn() -> S + Send + Sync>,
    parallelism: AtomicUsize,
    retry: Mutex<Option<RetryPolicy>>,
    streams: <S::Out as Wiring>::Handles,
}

impl<S: Spout> SpoutBuilder<S> {
    pub(super) fn new(graph: &Graph, name: StreamName, factory: Arc<dyn Fn() -> S + Send + Sync>) -> Self {
        let streams = S::Out::handles(&name);
        let id = name.node;
        let (parallelism, retry) = (AtomicUsize::new(1), Mutex::default());
        let node = Arc::new(SpoutNode { name, factory, parallelism, retry, streams });
        graph.fill(id, Arc::clone(&node) as Arc<dyn Node>);
        Self { node }
    }

    pub(super) fn streams(&self) -> &<S::Out as Wiring>::Handles {
        &self.node.streams
    }

    /// How many tasks it has. 1 by default.
    #[must_use]
    pub fn parallelism(self, tasks: usize) -> Self {
        self.node.parallelism.store(tasks, Ordering::Relaxed);
        self
    }

    /// How often its failed tuples are tried, and how long they wait. The topology's policy by default.
    #[must_use]
    pub fn retry(self, policy: RetryPolicy) -> Self {
        *self.node.retry() = Some(policy);
        self
    }
}

impl<S: Spout> SpoutNode<S> {
    fn retry(&self) -> MutexGuard<'_, Option<RetryPolicy>> {
        self.retry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Spout> Deref for SpoutBuilder<S>
where
    S::Out: Outputs<Streams = <S::Out as Wiring>::Handles>,
{
    type Target = <S::Out as Outputs>::Streams;

    fn deref(&self) -> &Self::Target {
        &self.node.streams
    }
}

impl<S: Spout> std::fmt::Debug for SpoutBuilder<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpoutBuilder({})", self.node.name)
    }
}

impl<S: Spout> Node for SpoutNode<S> {
    fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.component)
    }

    fn parallelism(&self) -> usize {
        self.parallelism.load(Ordering::Relaxed)
    }

    fn is_spout(&self) -> bool {
        true
    }

    fn targets(&self) -> Vec<usize> {
        Vec::new()
    }

    fn tick(&self) -> Option<Duration> {
        None
    }

    fn retry(&self) -> Option<RetryPolicy> {
        self.retry().clone()
    }

    fn inputs(&self) -> Vec<StreamName> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Output> {
        S::Out::outputs(&self.streams)
    }

    fn requires_event_time(&self) -> bool {
        false
    }

    fn edges(&self) -> Vec<WatchedEdge> {
        Vec::new()
    }

    fn open_mailboxes(&self, _wiring: &mut RunWiring) {}

    fn spawn(&self, wiring: &mut RunWiring) {
        for task in 0..self.parallelism() {
            let shared = wiring.spout(&self.name.component, task, self.parallelism());
            let outputs = S::Out::of_spout(&self.streams, &wiring.connect());
            let task = SpoutTask::new(Arc::clone(&self.factory), outputs, self.retry().clone(), shared);
            wiring.spawn_spout(task);
        }
    }

    fn close_mailboxes(&self) {}
}
