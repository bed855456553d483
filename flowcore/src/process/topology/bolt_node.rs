use std::any::TypeId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::stream::Junction;
use super::{Node, Output, StreamName};
use crate::process::engine::{
    BoltTask, Count, Counters, MailboxReceiver, Port, TypedPort, WatchedEdge, Wiring, loop_mailbox, mailbox,
};
use crate::process::output::Connect;
use crate::process::{Bolt, Outputs, Tuple};

/// A bolt as it was declared.
pub(super) struct BoltNode<B, O: Outputs> {
    name: StreamName,
    factory: Arc<dyn Fn() -> B + Send + Sync>,
    streams: O::Handles,
    spec: Mutex<Spec<B, O>>,
}

struct Spec<B, O> {
    parallelism: usize,
    /// The sizes of the targets that its direct inputs name.
    targets: Vec<usize>,
    tick: Option<Duration>,
    /// For one call of `execute`.
    deadline: Option<Duration>,
    requires_event_time: bool,
    untimed_input: Option<String>,
    inputs: Vec<Box<dyn Input<B, O>>>,
    /// Of each task, from `open_mailboxes` on.
    counters: Vec<Arc<Counters>>,
}

/// One subscription of a bolt, whatever its type.
trait Input<B, O>: Send {
    fn stream(&self) -> StreamName;
    /// Tuples sent to it.
    fn tuples(&self) -> Arc<Count>;
    fn tuple(&self) -> TypeId;
    fn open(&mut self, capacity: usize, counters: &[Arc<Counters>]);
    /// The receiving end for the next task. `first` when it is the task's first one of its type.
    fn port(&mut self, first: bool) -> Option<Box<dyn Port<B, O>>>;
    fn close(&mut self);
}

struct TypedInput<T: Tuple + ?Sized> {
    stream: StreamName,
    junction: Junction<T>,
    receivers: std::vec::IntoIter<MailboxReceiver<T>>,
}

impl<B: Send + 'static, O: Outputs> BoltNode<B, O> {
    pub(super) fn new(name: StreamName, factory: Arc<dyn Fn() -> B + Send + Sync>) -> Self {
        let streams = O::handles(&name);
        let spec = Spec {
            parallelism: 1,
            targets: Vec::new(),
            tick: None,
            deadline: None,
            requires_event_time: false,
            untimed_input: None,
            inputs: Vec::new(),
            counters: Vec::new(),
        };
        Self { name, factory, streams, spec: Mutex::new(spec) }
    }

    pub(super) fn add_input<T: Tuple + ?Sized>(&self, stream: StreamName, junction: Junction<T>)
    where
        B: Bolt<T, Out = O>,
    {
        let receivers = Vec::new().into_iter();
        self.spec().inputs.push(Box::new(TypedInput { stream, junction, receivers }));
    }

    pub(super) fn set_parallelism(&self, tasks: usize) {
        self.spec().parallelism = tasks;
    }

    /// Its senders name one of as many tasks.
    pub(super) fn add_targets(&self, tasks: usize) {
        let mut spec = self.spec();
        spec.parallelism = tasks;
        spec.targets.push(tasks);
    }

    pub(super) fn lack_timestamps(&self, stream: &StreamName) {
        self.spec().untimed_input = Some(stream.to_string());
    }

    pub(super) fn require_event_time(&self) {
        self.spec().requires_event_time = true;
    }

    pub(super) fn set_deadline(&self, time: Duration) {
        self.spec().deadline = Some(time);
    }

    pub(super) fn set_tick(&self, interval: Duration) {
        self.spec().tick = Some(interval);
    }
}

impl<B, O: Outputs> BoltNode<B, O> {
    pub(super) fn streams(&self) -> &O::Handles {
        &self.streams
    }

    pub(super) fn stream_name(&self) -> &StreamName {
        &self.name
    }

    fn spec(&self) -> MutexGuard<'_, Spec<B, O>> {
        self.spec.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Send + 'static, O: Outputs> Node for BoltNode<B, O> {
    fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.component)
    }

    fn parallelism(&self) -> usize {
        self.spec().parallelism
    }

    fn is_spout(&self) -> bool {
        false
    }

    fn targets(&self) -> Vec<usize> {
        self.spec().targets.clone()
    }

    fn tick(&self) -> Option<Duration> {
        self.spec().tick
    }

    fn execute_deadline(&self) -> Option<Duration> {
        self.spec().deadline
    }

    fn inputs(&self) -> Vec<StreamName> {
        self.spec().inputs.iter().map(|input| input.stream()).collect()
    }

    fn outputs(&self) -> Vec<Output> {
        O::outputs(&self.streams)
    }

    fn requires_event_time(&self) -> bool {
        self.spec().requires_event_time
    }

    fn untimed_input(&self) -> Option<String> {
        self.spec().untimed_input.clone()
    }

    fn edges(&self) -> Vec<WatchedEdge> {
        let to = self.name();
        let spec = self.spec();
        let edges = spec.inputs.iter().map(|input| WatchedEdge {
            from: input.stream().to_string(),
            to: Arc::clone(&to),
            tuples: input.tuples(),
        });
        edges.collect()
    }

    fn open_mailboxes(&self, wiring: &mut Wiring) {
        let mut spec = self.spec();
        let counters: Vec<_> = (0..spec.parallelism).map(|_| Arc::new(Counters::default())).collect();
        for input in &mut spec.inputs {
            input.open(wiring.mailbox_capacity(), &counters);
        }
        spec.counters = counters;
    }

    fn spawn(&self, wiring: &mut Wiring) {
        let mut spec = self.spec();
        let parallelism = spec.parallelism;
        let inputs: Vec<_> = spec.inputs.iter().map(|input| input.stream()).collect();
        for (task, counters) in std::mem::take(&mut spec.counters).into_iter().enumerate() {
            let mut seen = Vec::new();
            let mut ports = Vec::new();
            for input in &mut spec.inputs {
                let first = !seen.contains(&input.tuple());
                seen.push(input.tuple());
                ports.extend(input.port(first));
            }
            let shared = wiring.bolt(&self.name.component, task, parallelism, counters);
            let pulse = spec.deadline.map(|deadline| wiring.pulse(&shared, deadline));
            let connect = Connect { pulse: pulse.clone(), ..wiring.connect(self.name.node, &shared) };
            let out = O::of_bolt(&self.streams, &connect);
            let inlets = (ports, wiring.time.progress(&inputs));
            let task = BoltTask::new(Arc::clone(&self.factory), inlets, out, spec.tick, (shared, pulse));
            wiring.spawn_bolt(task);
        }
    }

    fn close_mailboxes(&self) {
        self.spec().inputs.iter_mut().for_each(|input| input.close());
    }
}

impl<B, O, T> Input<B, O> for TypedInput<T>
where
    B: Bolt<T, Out = O>,
    O: Outputs,
    T: Tuple + ?Sized,
{
    fn stream(&self) -> StreamName {
        self.stream.clone()
    }

    fn tuples(&self) -> Arc<Count> {
        Arc::clone(&self.junction.tuples)
    }

    fn tuple(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn open(&mut self, capacity: usize, counters: &[Arc<Counters>]) {
        let mailbox = |counters: &Arc<Counters>| match &self.junction.bound {
            None => mailbox(capacity, Arc::clone(counters)),
            Some((edge, most)) => loop_mailbox(edge, *most, Arc::clone(counters)),
        };
        let (senders, receivers): (Vec<_>, Vec<_>) = counters.iter().map(mailbox).unzip();
        *self.junction.mailboxes.lock().unwrap_or_else(PoisonError::into_inner) = senders;
        self.receivers = receivers.into_iter();
    }

    fn port(&mut self, first: bool) -> Option<Box<dyn Port<B, O>>> {
        Some(Box::new(TypedPort::new(self.receivers.next()?, first)))
    }

    fn close(&mut self) {
        self.junction.mailboxes.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if let Some(taps) = &self.junction.taps {
            taps.all_started();
        }
    }
}
