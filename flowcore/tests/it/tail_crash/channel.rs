//! A channel that keeps what was put until the test says that it is delivered.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flowcore::base::{Clock, Token};
use flowcore::ingest::{
    Channel, ChannelError, ChannelState, ChannelWriter, ComponentContext, PutError, PutTransaction, Stopping,
    Take,
};
use tokio::sync::watch;

type Line = String;
type Batches = Arc<Mutex<Vec<(Vec<Line>, Token)>>>;

#[derive(Default)]
pub(crate) struct HeldChannel(Batches);

struct Put(Batches, Vec<Line>);

impl HeldChannel {
    /// A writer into it, and the switch that stops the source.
    pub(crate) fn writer(self: &Arc<Self>) -> (ChannelWriter<Line>, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        let channels: Vec<Arc<dyn Channel<Line>>> = vec![Arc::clone(self) as _];
        let context = ComponentContext::new("tail", Clock::system());
        (ChannelWriter::new(channels, context, Stopping::new(stopping)), stop)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Delivers one batch, and says what was in it.
    pub(crate) fn deliver(&self, at: usize) -> Vec<Line> {
        let (lines, token) = self.0.lock().unwrap().remove(at);
        token.ack();
        lines
    }

    /// The memory is gone.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap().clear();
    }
}

#[async_trait]
impl Channel<Line> for HeldChannel {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<Line>>, ChannelError> {
        Ok(Box::new(Put(Arc::clone(&self.0), Vec::new())))
    }

    async fn take(&self, _max: usize) -> Result<Take<Line>, ChannelError> {
        Err(ChannelError::Closed { channel: "held".into() })
    }

    fn close(&self) {}

    fn state(&self) -> ChannelState {
        ChannelState { waiting: self.len(), ..ChannelState::default() }
    }
}

#[async_trait]
impl PutTransaction<Line> for Put {
    async fn put(&mut self, lines: Vec<Line>) -> Result<(), PutError<Vec<Line>>> {
        self.1.extend(lines);
        Ok(())
    }

    async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        self.0.lock().unwrap().push((self.1, token));
        Ok(())
    }
}
