use async_trait::async_trait;
use flowcore::ingest::source::{ExecError, ExecSource};
use flowcore::ingest::{ChannelWriter, Source, SourceError};

/// A command as Flume runs it: when it ends, well or not, and is not to be restarted, the source stays idle.
pub(crate) struct FlumeExecSource(ExecSource);

impl FlumeExecSource {
    pub(crate) fn new(source: ExecSource) -> Self {
        Self(source)
    }
}

#[async_trait]
impl Source for FlumeExecSource {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        match self.0.run(out).await {
            Err(SourceError::Retry(cause)) if has_exited(&*cause) => {
                tracing::warn!(source = %out.context().name, %cause, "the command is not started again");
                Ok(())
            }
            result => result,
        }
    }
}

fn has_exited(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    matches!(cause.downcast_ref::<ExecError>(), Some(ExecError::Exited { .. }))
}
