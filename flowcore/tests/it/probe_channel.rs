//! A channel that keeps what is put and answers its tokens when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flowcore::base::{Clock, Token};
use flowcore::ingest::{
    Channel, ChannelError, ChannelState, ChannelWriter, ComponentContext, PutError, PutErrorKind,
    PutTransaction, Stopping, Take,
};
use tokio::sync::watch;

pub(crate) struct ProbeChannel<T> {
    state: Arc<Mutex<State<T>>>,
    most: usize,
}

struct State<T> {
    events: VecDeque<T>,
    tokens: Vec<Token>,
}

struct Put<T> {
    state: Arc<Mutex<State<T>>>,
    most: usize,
    events: Vec<T>,
}

impl<T: Clone + Send + 'static> ProbeChannel<T> {
    pub(crate) fn new() -> Arc<Self> {
        Self::with_transactions_of(usize::MAX)
    }

    pub(crate) fn with_transactions_of(most: usize) -> Arc<Self> {
        let state = State { events: VecDeque::new(), tokens: Vec::new() };
        Arc::new(Self { state: Arc::new(Mutex::new(state)), most })
    }

    /// A writer into it, and the switch that stops the source.
    pub(crate) fn writer(self: &Arc<Self>) -> (ChannelWriter<T>, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        let channels: Vec<Arc<dyn Channel<T>>> = vec![Arc::clone(self) as _];
        let context = ComponentContext::new("tail", Clock::system());
        (ChannelWriter::new(channels, context, Stopping::new(stopping)), stop)
    }

    /// What was put since the last call.
    pub(crate) fn drain(&self) -> Vec<T> {
        self.state.lock().unwrap().events.drain(..).collect()
    }

    /// The tokens that were not answered, in the order of the puts.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        std::mem::take(&mut self.state.lock().unwrap().tokens)
    }
}

#[async_trait]
impl<T: Clone + Send + 'static> Channel<T> for ProbeChannel<T> {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<T>>, ChannelError> {
        Ok(Box::new(Put { state: Arc::clone(&self.state), most: self.most, events: Vec::new() }))
    }

    async fn take(&self, _max: usize) -> Result<Take<T>, ChannelError> {
        Err(ChannelError::Closed { channel: "probe".into() })
    }

    fn close(&self) {}

    fn state(&self) -> ChannelState {
        ChannelState { waiting: self.state.lock().unwrap().events.len(), ..ChannelState::default() }
    }
}

#[async_trait]
impl<T: Send + 'static> PutTransaction<T> for Put<T> {
    async fn put(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        if events.len() > self.most {
            let kind = PutErrorKind::TooLarge;
            return Err(PutError { channel: "probe".into(), kind, refused: events });
        }
        self.events.extend(events);
        Ok(())
    }

    async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        let mut state = self.state.lock().unwrap();
        state.events.extend(self.events);
        state.tokens.push(token);
        Ok(())
    }
}
