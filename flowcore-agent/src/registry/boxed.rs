use std::sync::Arc;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{
    Channel, ChannelError, ChannelFactory, ChannelWriter, ComponentContext, Sink, SinkError, Source,
    SourceError,
};

/// A source of a type that configuration chose.
pub(crate) struct BoxedSource(pub(super) Box<dyn Source>);

/// A sink of a type that configuration chose.
pub(crate) struct BoxedSink(pub(super) Box<dyn Sink>);

/// A channel of a type that configuration chose.
pub(crate) struct BoxedChannel(pub(super) Box<dyn ChannelFactory>);

#[async_trait]
impl Source for BoxedSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.0.start(context).await
    }

    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        self.0.run(out).await
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        self.0.stop().await
    }
}

#[async_trait]
impl Sink for BoxedSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.0.start(context).await
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        self.0.deliver(events).await
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.0.stop().await
    }
}

#[async_trait]
impl ChannelFactory for BoxedChannel {
    async fn open(self: Box<Self>, context: &ComponentContext) -> Result<Arc<dyn Channel>, ChannelError> {
        self.0.open(context).await
    }

    fn can_resize(&self, running: &dyn Channel) -> bool {
        self.0.can_resize(running)
    }

    fn resize(&self, running: &dyn Channel) {
        self.0.resize(running);
    }
}
