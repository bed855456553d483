use std::sync::Arc;
use std::time::Duration;

use super::error::{AgentError, ComponentError};
use super::life::Life;
use super::plan::MakeSource;
use super::snapshot::ComponentState;
use crate::base::{RestartPolicy, contain};
use crate::ingest::{ChannelWriter, Source, Stopping};

/// Runs one source: makes it, starts it, makes it anew after a failure, and stops it when what it put was
/// delivered.
pub(super) struct SourceRunner<T: Send + 'static> {
    pub(super) life: Arc<Life>,
    pub(super) make: MakeSource<T>,
    pub(super) writer: ChannelWriter<T>,
    pub(super) restart: RestartPolicy,
    pub(super) grace: Duration,
    /// Turns true when the source is to return.
    pub(super) stopping: Stopping,
    /// Turns true when what it put was delivered or given up.
    pub(super) delivered: Stopping,
}

impl<T: Send + 'static> SourceRunner<T> {
    /// `running` is what counts it until it has returned.
    pub(super) async fn run(mut self, running: impl Send) -> Result<(), AgentError> {
        let source = self.run_until_stopped().await;
        // Its channels can go before it is told that what it put is delivered.
        let Self { life, writer, grace, mut delivered, .. } = self;
        drop(writer);
        drop(running);
        let Some(mut source) = source? else { return Ok(()) };
        life.set(ComponentState::Stopped);
        delivered.wait().await;
        life.last_words(contain(source.stop()), grace).await;
        Ok(())
    }

    /// The source that ended, to be stopped later; none if it failed while it was to stop anyway.
    async fn run_until_stopped(&mut self) -> Result<Option<Box<dyn Source<T>>>, AgentError> {
        loop {
            let ran = self.life.clock.stopwatch();
            let error = match self.one_life().await {
                Ok(source) => return Ok(source),
                Err(error) => error,
            };
            if self.stopping.is_set() && error.retries() {
                self.life.note(error);
                self.life.set(ComponentState::Stopped);
                return Ok(None);
            }
            let delay = self.life.after_failure(error, &mut self.restart, ran.elapsed())?;
            tokio::select! {
                () = self.life.clock.sleep(delay) => {}
                () = self.stopping.wait() => {}
            }
            if self.stopping.is_set() {
                self.life.set(ComponentState::Stopped);
                return Ok(None);
            }
        }
    }

    async fn one_life(&mut self) -> Result<Option<Box<dyn Source<T>>>, ComponentError> {
        self.life.set(ComponentState::Starting);
        let Self { life, make, writer, grace, stopping, .. } = self;
        let mut source = contain(async { make() }).await?;
        let overdue = async {
            stopping.wait().await;
            life.clock.sleep(*grace).await;
        };
        tokio::select! {
            biased;
            end = contain(start_and_run(&mut *source, writer, life)) => end??,
            () = overdue => life.set_overdue(),
        }
        Ok(Some(source))
    }
}

async fn start_and_run<T: Send + 'static>(
    source: &mut dyn Source<T>,
    writer: &mut ChannelWriter<T>,
    life: &Life,
) -> Result<(), ComponentError> {
    let context = writer.context().clone();
    source.start(&context).await?;
    life.set(ComponentState::Running);
    Ok(life.watch(source.run(writer)).await?)
}
