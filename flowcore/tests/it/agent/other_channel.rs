//! A channel that only its name makes another kind.

use std::sync::Arc;

use async_trait::async_trait;
use flowcore::ingest::{Channel, ChannelError, ChannelState, MemoryChannel, PutTransaction, Take};

use super::parts::Number;

/// A channel that cannot be resized.
pub(super) struct Other(MemoryChannel<Number>);

impl Other {
    pub(super) fn channel(name: &str, capacity: usize) -> Arc<dyn Channel<Number>> {
        Arc::new(Self(MemoryChannel::builder().capacity(capacity).build(name)))
    }
}

#[async_trait]
impl Channel<Number> for Other {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<Number>>, ChannelError> {
        self.0.begin_put().await
    }

    async fn take(&self, max: usize) -> Result<Take<Number>, ChannelError> {
        self.0.take(max).await
    }

    fn close(&self) {
        self.0.close();
    }

    fn state(&self) -> ChannelState {
        self.0.state()
    }
}
