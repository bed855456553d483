//! A channel that notes in a ledger which puts were committed, and when.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::Token;
use flowcore::ingest::{
    Channel, ChannelError, ChannelFactory, ChannelHealth, ChannelState, ComponentContext, PutError,
    PutTransaction, Take,
};

use super::chance::Chance;
use super::ledger::Ledger;
use crate::agent::parts::{Number, sleep};

/// Opens what `factory` opens, and watches it.
pub(super) struct Watch<F> {
    pub(super) factory: F,
    pub(super) ledger: Ledger,
    pub(super) chance: Chance,
}

pub(super) struct Watched {
    inner: Arc<dyn Channel<Number>>,
    ledger: Ledger,
    chance: Chance,
}

struct WatchedPut {
    inner: Box<dyn PutTransaction<Number>>,
    numbers: Vec<u64>,
    ledger: Ledger,
    chance: Chance,
    is_durable: bool,
}

#[async_trait]
impl<F: ChannelFactory<Number> + Sync> ChannelFactory<Number> for Watch<F> {
    async fn open(
        self: Box<Self>,
        context: &ComponentContext,
    ) -> Result<Arc<dyn Channel<Number>>, ChannelError> {
        let Self { factory, ledger, chance } = *self;
        let inner = Box::new(factory).open(context).await?;
        Ok(Arc::new(Watched { inner, ledger, chance }))
    }

    fn resize<'a>(&'a self, running: &'a dyn Channel<Number>) -> Option<Box<dyn FnOnce() + 'a>> {
        let watched = (running as &dyn Any).downcast_ref::<Watched>()?;
        self.factory.resize(&*watched.inner)
    }
}

#[async_trait]
impl Channel<Number> for Watched {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<Number>>, ChannelError> {
        Ok(Box::new(WatchedPut {
            inner: self.inner.begin_put().await?,
            numbers: Vec::new(),
            ledger: self.ledger.clone(),
            chance: self.chance.clone(),
            is_durable: self.is_durable(),
        }))
    }

    async fn take(&self, max: usize) -> Result<Take<Number>, ChannelError> {
        self.inner.take(max).await
    }

    fn close(&self) {
        self.inner.close();
    }

    fn state(&self) -> ChannelState {
        self.inner.state()
    }

    async fn settle(&self) {
        self.inner.settle().await;
    }

    fn is_durable(&self) -> bool {
        self.inner.is_durable()
    }

    fn health(&self) -> Option<ChannelHealth> {
        self.inner.health()
    }
}

impl WatchedPut {
    /// The events have their room and are not committed yet: for a while, whatever happens to the agent.
    fn dawdle(&self) -> impl Future<Output = ()> + Send + use<> {
        let time = self.chance.dawdle();
        let (ledger, numbers) = (self.ledger.clone(), self.numbers.clone());
        async move {
            sleep(time).await;
            ledger.begins(&numbers);
        }
    }

    /// A durable channel acknowledges when the events are safe, one in memory when they were delivered.
    fn told(&self, token: Token) -> Token {
        if !self.is_durable || !token.is_tracked() {
            return token;
        }
        let (ledger, numbers) = (self.ledger.clone(), self.numbers.clone());
        Token::new(move |outcome| match outcome {
            Ok(()) => {
                ledger.committed(&numbers);
                token.ack();
            }
            Err(error) => token.fail(error),
        })
    }
}

#[async_trait]
impl PutTransaction<Number> for WatchedPut {
    async fn put(&mut self, events: Vec<Number>) -> Result<(), PutError<Vec<Number>>> {
        let numbers: Vec<u64> = events.iter().map(|number| number.0).collect();
        self.inner.put(events).await?;
        self.ledger.reserves(&numbers);
        self.numbers.extend(numbers);
        Ok(())
    }

    async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        self.dawdle().await;
        let token = self.told(token);
        let Self { inner, numbers, ledger, .. } = *self;
        inner.commit(token).await?;
        ledger.committed(&numbers);
        Ok(())
    }

    async fn submit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        self.dawdle().await;
        let may_return_before = self.is_durable && token.is_tracked();
        let token = self.told(token);
        let Self { inner, numbers, ledger, .. } = *self;
        inner.submit(token).await?;
        if !may_return_before {
            ledger.committed(&numbers);
        }
        Ok(())
    }
}
