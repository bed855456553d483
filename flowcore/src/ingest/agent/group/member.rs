use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::plan::Factory;
use crate::base::{Timestamp, contain};
use crate::ingest::Sink;
use crate::ingest::agent::error::ComponentError;
use crate::ingest::agent::life::Life;
use crate::ingest::agent::snapshot::ComponentState;
use crate::ingest::metrics::Counter;

/// One sink of a group: started when it is needed, thrown away when it cannot go on.
pub(super) struct Member<T: Send + 'static> {
    pub(super) life: Arc<Life>,
    factory: Factory<T>,
    sink: Option<Box<dyn Sink<T>>>,
    /// The most events of a delivery.
    batch: usize,
    made: bool,
    /// Its last failure does not pass by itself.
    pub(super) is_broken: bool,
}

impl<T: Send + Sync + 'static> Member<T> {
    pub(super) fn new(life: Arc<Life>, factory: Factory<T>, batch: usize) -> Self {
        Self { life, factory, sink: None, batch, made: false, is_broken: false }
    }

    pub(super) async fn start(&mut self) -> Result<(), ComponentError> {
        if std::mem::replace(&mut self.made, true) {
            self.life.restarts.fetch_add(1, Ordering::Relaxed);
        }
        self.life.set(ComponentState::Starting);
        let factory = &self.factory;
        let mut sink = contain(async { factory.make() }).await?;
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
