use std::sync::Arc;
use std::time::Duration;

use super::error::{AgentError, ComponentError};
use super::life::Life;
use super::plan::MakeSource;
use super::snapshot::ComponentState;
use crate::base::{RestartPolicy, contain, contain_call};
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

/// The source that ended, to be stopped later; none if it failed while it was to stop anyway.
type Ended<T> = Option<Box<dyn Source<T>>>;

/// The runner after a source's life, and how that ended.
type Lived<T> = (SourceRunner<T>, Result<Ended<T>, ComponentError>);

impl<T: Send + 'static> SourceRunner<T> {
    /// `running` is what counts it until it has returned.
    pub(super) async fn run(self, running: impl Send) -> Result<(), AgentError> {
        let (runner, source) = self.run_until_stopped().await?;
        // Its channels can go before it is told that what it put is delivered.
        let Self { life, writer, grace, mut delivered, .. } = runner;
        drop(writer);
        drop(running);
        let Some(mut source) = source else { return Ok(()) };
        life.set(ComponentState::Stopped);
        delivered.wait().await;
        life.last_words(contain(source.stop()), grace).await;
        Ok(())
    }

    async fn run_until_stopped(mut self) -> Result<(Self, Ended<T>), AgentError> {
        loop {
            let ran = self.life.clock.stopwatch();
            let (runner, end) = self.one_life().await?;
            self = runner;
            let error = match end {
                Ok(source) => return Ok((self, source)),
                Err(error) => error,
            };
            if self.stopping.is_set() && error.retries() {
                self.life.note(error);
                self.life.set(ComponentState::Stopped);
                return Ok((self, None));
            }
            let delay = self.life.after_failure(error, &mut self.restart, ran.elapsed())?;
            tokio::select! {
                () = self.life.clock.sleep(delay) => {}
                () = self.stopping.wait() => {}
            }
            if self.stopping.is_set() {
                self.life.set(ComponentState::Stopped);
                return Ok((self, None));
            }
        }
    }

    async fn one_life(mut self) -> Result<Lived<T>, AgentError> {
        self.life.set(ComponentState::Starting);
        let make = &mut self.make;
        let source = match contain_call(make) {
            Ok(source) => source,
            Err(panic) => return Ok((self, Err(panic.into()))),
        };
        let life = Arc::clone(&self.life);
        life.host(source.blocks(), self.live(source)).await
    }

    async fn live(mut self, mut source: Box<dyn Source<T>>) -> Lived<T> {
        let Self { life, writer, grace, stopping, .. } = &mut self;
        let overdue = async {
            stopping.wait().await;
            life.clock.sleep(*grace).await;
        };
        let end = tokio::select! {
            biased;
            end = contain(start_and_run(&mut *source, writer, life)) => end.map_err(ComponentError::from).flatten(),
            () = overdue => {
                life.set_overdue();
                Ok(())
            }
        };
        (self, end.map(|()| Some(source)))
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
