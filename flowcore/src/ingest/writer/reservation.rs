use std::sync::Arc;
use std::time::Duration;

use super::ChannelWriter;
use super::patience::Patience;
use crate::base::Token;
use crate::ingest::selector::Route;
use crate::ingest::{Channel, ChannelError, ComponentContext, PutError, PutErrorKind, PutTransaction};

type Put<T> = Box<dyn PutTransaction<T>>;

/// Room for a batch in all the channels that its events go to.
pub(super) struct Reservation<T: Send + 'static> {
    required: Vec<Put<T>>,
    optional: Vec<Put<T>>,
    /// Events that go nowhere.
    pub(super) unrouted: u64,
    /// Events that an optional channel did not take.
    pub(super) not_taken: u64,
}

/// Where the events of a batch go.
enum Routing {
    Together(Route),
    Apart(Vec<Route>),
}

impl<T: Send + 'static> Reservation<T> {
    fn none() -> Self {
        Self { required: Vec::new(), optional: Vec::new(), unrouted: 0, not_taken: 0 }
    }

    /// Returns when the events are where they are safe, or with the first error of a required channel.
    pub(super) async fn commit(self, token: Token, context: &ComponentContext) -> Result<(), ChannelError> {
        self.end(token, true, context).await
    }

    /// May return before: the token says whether they are safe, and fails when they are not.
    pub(super) async fn submit(self, token: Token, context: &ComponentContext) {
        // An error is none of the put: the token fails with it, and so the source is told.
        let _ = self.end(token, false, context).await;
    }

    /// Required channels first, in their order; the token has a share in each of those. In all of them,
    /// whatever one says.
    async fn end(self, token: Token, wait: bool, context: &ComponentContext) -> Result<(), ChannelError> {
        let mut outcome = Ok(());
        for put in self.required {
            outcome = outcome.and(commit(put, token.share(), wait, context).await);
        }
        for put in self.optional {
            // An optional channel goes without.
            let _ = commit(put, Token::untracked(), wait, context).await;
        }
        token.ack();
        outcome
    }
}

impl<T: Send + 'static> ChannelWriter<T> {
    /// Room in every channel that must take the events, and in those optional ones that have it.
    pub(super) async fn reserve(&mut self, events: Vec<T>) -> Result<Reservation<T>, PutError<Vec<T>>> {
        if events.is_empty() {
            return Ok(Reservation::none());
        }
        match self.routing(&events) {
            Routing::Together(route) => self.reserve_together(events, route).await,
            Routing::Apart(routes) => self.reserve_apart(events, &routes).await,
        }
    }

    fn routing(&self, events: &[T]) -> Routing {
        let channels = self.channels.len();
        if let Some(route) = self.selector.fixed_route() {
            return Routing::Together(route.within(channels));
        }
        let routes = events.iter().map(|event| self.selector.route(event).within(channels));
        let routes: Vec<Route> = routes.collect();
        match routes.first() {
            Some(first) if routes.iter().all(|route| route == first) => Routing::Together(*first),
            _ => Routing::Apart(routes),
        }
    }

    /// All events go the same way: the last required channel gets the originals, the others copies.
    async fn reserve_together(
        &mut self,
        events: Vec<T>,
        route: Route,
    ) -> Result<Reservation<T>, PutError<Vec<T>>> {
        let mut reserved = Reservation::none();
        if route.is_empty() {
            reserved.unrouted = events.len() as u64;
            return Ok(reserved);
        }
        let last = route.last_required();
        for (at, channel) in self.channels.iter().enumerate() {
            if route.requires(at) && Some(at) != last {
                match reserve_in(channel, self.copies(&events)).await {
                    Ok(put) => reserved.required.push(put),
                    Err(error) => return Err(PutError { refused: events, ..error }),
                }
            }
        }
        let offered = self.offered(|at| if route.offers(at) { self.copies(&events) } else { Vec::new() });
        if let Some(channel) = last.and_then(|at| self.channels.get(at)) {
            reserved.required.push(reserve_in(channel, events).await?);
        }
        self.reserve_optional(offered, &mut reserved).await;
        Ok(reserved)
    }

    /// Every channel gets copies of the events that go there.
    async fn reserve_apart(
        &mut self,
        events: Vec<T>,
        routes: &[Route],
    ) -> Result<Reservation<T>, PutError<Vec<T>>> {
        let mut reserved = Reservation::none();
        for (at, channel) in self.channels.iter().enumerate() {
            let copies = self.copies_for(&events, routes, |route| route.requires(at));
            if !copies.is_empty() {
                match reserve_in(channel, copies).await {
                    Ok(put) => reserved.required.push(put),
                    Err(error) => return Err(PutError { refused: events, ..error }),
                }
            }
        }
        if routes.iter().any(|route| route.has_optional()) {
            let offered = self.offered(|at| self.copies_for(&events, routes, |route| route.offers(at)));
            self.reserve_optional(offered, &mut reserved).await;
        }
        reserved.unrouted = routes.iter().filter(|route| route.is_empty()).count() as u64;
        Ok(reserved)
    }

    fn copies(&self, events: &[T]) -> Vec<T> {
        events.iter().map(self.copy).collect()
    }

    fn copies_for(&self, events: &[T], routes: &[Route], chosen: impl Fn(Route) -> bool) -> Vec<T> {
        let pairs = events.iter().zip(routes).filter(|(_, route)| chosen(**route));
        pairs.map(|(event, _)| (self.copy)(event)).collect()
    }

    fn offered(&self, events: impl Fn(usize) -> Vec<T>) -> Vec<(usize, Vec<T>)> {
        let offers = (0..self.channels.len()).map(|at| (at, events(at)));
        offers.filter(|(_, events)| !events.is_empty()).collect()
    }

    async fn reserve_optional(&mut self, offered: Vec<(usize, Vec<T>)>, reserved: &mut Reservation<T>) {
        for (at, events) in offered {
            let now = self.context.clock.now();
            let count = events.len() as u64;
            let put = self.offer(at, events, self.patience_of(at).wait(now)).await;
            let Some(patience) = self.patience.get_mut(at) else { continue };
            if let Some(put) = put {
                patience.found_room();
                reserved.optional.push(put);
            } else {
                patience.went_without(now);
                reserved.not_taken += count;
            }
        }
    }

    fn patience_of(&self, channel: usize) -> Patience {
        self.patience.get(channel).copied().unwrap_or_default()
    }

    async fn offer(&self, at: usize, events: Vec<T>, wait: Option<Duration>) -> Option<Put<T>> {
        let late = async {
            if let Some(wait) = wait {
                self.context.clock.sleep(wait).await;
            }
        };
        tokio::select! {
            biased;
            put = reserve_in(self.channels.get(at)?, events) => match put {
                Ok(put) => return Some(put),
                Err(error) => tracing::debug!(source = %self.context.name, %error, "an optional channel goes without"),
            },
            () = late => tracing::debug!(source = %self.context.name, "a full optional channel goes without"),
        }
        None
    }
}

async fn commit<T: Send + 'static>(
    put: Put<T>,
    token: Token,
    wait: bool,
    context: &ComponentContext,
) -> Result<(), ChannelError> {
    let outcome = if wait { put.commit(token).await } else { put.submit(token).await };
    if let Err(error) = &outcome {
        tracing::error!(source = %context.name, %error, "a commit failed");
    }
    outcome
}

async fn reserve_in<T: Send + 'static>(
    channel: &Arc<dyn Channel<T>>,
    events: Vec<T>,
) -> Result<Put<T>, PutError<Vec<T>>> {
    let (channel, kind) = match channel.begin_put().await {
        Ok(mut put) => return put.put(events).await.map(|()| put),
        Err(ChannelError::Closed { channel }) => (channel, PutErrorKind::Closed),
        Err(ChannelError::Storage { channel, .. }) => (channel, PutErrorKind::Storage),
    };
    Err(PutError { channel, kind, refused: events })
}
