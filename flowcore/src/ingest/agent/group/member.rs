use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::plan::Factory;
use crate::base::{Panic, Timestamp, contain, contain_call};
use crate::ingest::Sink;
use crate::ingest::agent::error::ComponentError;
use crate::ingest::agent::life::Life;
use crate::ingest::agent::snapshot::ComponentState;
use crate::ingest::metrics::Counter;

/// One sink of a group: started when it is needed, thrown away when it cannot go on.
pub(super) struct Member<T: Send + 'static> {
    pub(super) life: Arc<Life>,
    factory: Factory<T>,
    /// The first one, until it is started.
    first: Option<Result<Box<dyn Sink<T>>, Panic>>,
    sink: Option<Box<dyn Sink<T>>>,
    /// The most events of a delivery.
    batch: usize,
    /// Its last failure does not pass by itself.
    pub(super) is_broken: bool,
}

impl<T: Send + Sync + 'static> Member<T> {
    pub(super) fn new(life: Arc<Life>, factory: Factory<T>, batch: usize) -> Self {
        let first = Some(contain_call(|| factory.make()));
        Self { life, factory, first, sink: None, batch, is_broken: false }
    }

    pub(super) fn blocks(&self) -> bool {
        matches!(&self.first, Some(Ok(sink)) if sink.blocks())
    }

    pub(super) async fn start(&mut self) -> Result<(), ComponentError> {
        if self.first.is_none() {
            self.life.restarts.fetch_add(1, Ordering::Relaxed);
        }
        self.life.set(ComponentState::Starting);
        let mut sink = self.first.take().unwrap_or_else(|| contain_call(|| self.factory.make()))?;
        contain(sink.start(&self.life.context())).await??;
        self.sink = Some(sink);
        self.life.set(ComponentState::Running);
        Ok(())
    }

    /// Also starts it if it is not.
    pub(super) async fn deliver(&mut self, events: &[T]) -> Result<(), ComponentError> {
        if self.sink.is_none() {
            self.start().await?;
        }
        let Some(sink) = &mut self.sink else { return Ok(()) };
        self.life.begins_delivery(events.len(), self.batch);
        let time = self.life.clock.stopwatch();
        let delivered = contain(sink.deliver(events)).await;
        self.life.sends.record(time.elapsed());
        delivered??;
        self.life.delivered(events.len() as u64);
        if self.life.is_backing_off() {
            self.life.set(ComponentState::Running);
        }
        self.is_broken = false;
        Ok(())
    }

    /// It failed: a panic leaves it half changed, a fatal error useless.
    pub(super) fn failed(&mut self, error: ComponentError, until: Option<Timestamp>) -> Arc<ComponentError> {
        self.life.failed_attempts.fetch_add(1, Ordering::Relaxed);
        self.life.counters.add(Counter::EventWriteFail, 1);
        self.is_broken = !error.retries();
        if self.is_broken || matches!(error, ComponentError::Panicked(_)) {
            self.sink = None;
        }
        self.life.rest(error, until)
    }

    pub(super) async fn stop(&mut self) {
        if let Some(mut sink) = self.sink.take() {
            match contain(sink.stop()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => drop(self.life.note(error.into())),
                Err(panic) => drop(self.life.note(panic.into())),
            }
        }
        self.life.set(ComponentState::Stopped);
    }
}
