use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::Timestamp;
use flowcore::event::Event;
use flowcore::ingest::selector::Route;
use flowcore::ingest::{
    Channel, ChannelError, ChannelFactory, ChannelWriter, ComponentContext, Interceptor, Selector, Sink,
    SinkError, SinkPolicy, Source, SourceError,
};

/// A source of a type that configuration chose.
pub(crate) struct BoxedSource(pub(super) Box<dyn Source>);

/// A sink of a type that configuration chose.
pub(crate) struct BoxedSink(pub(super) Box<dyn Sink>);

/// A channel of a type that configuration chose.
pub(crate) struct BoxedChannel(pub(super) Box<dyn ChannelFactory>);

/// An interceptor of a type that configuration chose.
pub(crate) struct BoxedInterceptor(pub(super) Box<dyn Interceptor<Event>>);

/// A channel selector of a type that configuration chose.
pub(crate) struct BoxedSelector(pub(super) Box<dyn Selector>);

/// A sink processor of a type that configuration chose.
pub(crate) struct BoxedPolicy(pub(super) Box<dyn PolicyToCopy>);

/// A policy that can be copied for a group that is made anew.
pub(super) trait PolicyToCopy: SinkPolicy {
    fn copy(&self) -> Box<dyn PolicyToCopy>;
}

impl BoxedPolicy {
    pub(super) fn new(policy: impl SinkPolicy + Clone) -> Self {
        Self(Box::new(policy))
    }
}

impl<P: SinkPolicy + Clone> PolicyToCopy for P {
    fn copy(&self) -> Box<dyn PolicyToCopy> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Source for BoxedSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.0.start(context).await
    }

    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        self.0.run(out).await
    }

    fn blocks(&self) -> bool {
        self.0.blocks()
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

    fn blocks(&self) -> bool {
        self.0.blocks()
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

    fn resize<'a>(&'a self, running: &'a dyn Channel) -> Option<Box<dyn FnOnce() + 'a>> {
        self.0.resize(running)
    }
}

impl Interceptor<Event> for BoxedInterceptor {
    fn start(&mut self, context: &ComponentContext) {
        self.0.start(context);
    }

    fn intercept(&mut self, events: Vec<Event>) -> Vec<Event> {
        self.0.intercept(events)
    }
}

impl Selector for BoxedSelector {
    fn route(&self, event: &Event) -> Route {
        self.0.route(event)
    }

    fn fixed_route(&self) -> Option<Route> {
        self.0.fixed_route()
    }
}

impl Clone for BoxedPolicy {
    fn clone(&self) -> Self {
        Self((*self.0).copy())
    }
}

impl SinkPolicy for BoxedPolicy {
    fn sinks(&self) -> usize {
        self.0.sinks()
    }

    fn begin(&mut self, now: Timestamp) {
        self.0.begin(now);
    }

    fn next(&mut self) -> Option<usize> {
        self.0.next()
    }

    fn delivered(&mut self, sink: usize, now: Timestamp) {
        self.0.delivered(sink, now);
    }

    fn failed(&mut self, sink: usize, now: Timestamp) {
        self.0.failed(sink, now);
    }

    fn resting_until(&self, sink: usize) -> Option<Timestamp> {
        self.0.resting_until(sink)
    }
}
