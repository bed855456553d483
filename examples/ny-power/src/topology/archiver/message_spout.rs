use std::sync::Arc;

use flowcore::process::{Emitter, Next, Spout, SpoutError, TaskContext};
use flowcore_mqtt::{Message, MqttSourceConfig, MqttSpout};

use super::ArchiverProgress;

/// The messages of the broker. It tells when they are subscribed to.
pub(super) struct MessageSpout {
    messages: MqttSpout,
    progress: Arc<ArchiverProgress>,
}

impl MessageSpout {
    pub(super) fn new(input: MqttSourceConfig, progress: Arc<ArchiverProgress>) -> Self {
        Self { messages: MqttSpout::new(input), progress }
    }
}

impl Spout for MessageSpout {
    type Out = Emitter<Message>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.messages.open(context).await?;
        self.progress.subscribe();
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        self.messages.next(out).await
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        self.messages.close().await
    }
}
