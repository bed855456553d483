use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use super::error::{AgentError, ComponentError};
use super::life::Life;
use super::plan::MakeSink;
use super::snapshot::ComponentState;
use super::tally::Counted;
use crate::base::{Backoff, RestartPolicy, contain, contain_call};
use crate::ingest::metrics::Counter;
use crate::ingest::{Channel, ChannelError, Sink, Stopping, Take};

/// Runs one sink: takes from its channel, delivers, commits; until the channel is closed and empty, or the
/// sink is given up.
pub(super) struct SinkRunner<T: Send + 'static> {
    pub(super) life: Arc<Life>,
    pub(super) make: MakeSink<T>,
    pub(super) channel: Arc<dyn Channel<T>>,
    pub(super) batch: usize,
    pub(super) retry: Backoff,
    pub(super) restart: RestartPolicy,
    pub(super) grace: Duration,
    /// Turns true when it is to settle what it took and return, whatever is left in its channel.
    pub(super) stopping: Stopping,
    /// Turns true when there is no more time to drain.
    pub(super) given_up: Stopping,
}

/// Whether a sink goes on.
type Step = Result<ControlFlow<()>, ComponentError>;

/// The runner after a sink's life, and how that ended.
type Lived<T> = (SinkRunner<T>, Result<(), ComponentError>);

impl<T: Send + Sync + 'static> SinkRunner<T> {
    pub(super) async fn run(mut self, starting: Counted) -> Result<(), AgentError> {
        let mut starting = Some(starting);
        while !self.given_up.is_set() && !self.stopping.is_set() {
            self.life.set(ComponentState::Starting);
            let ran = self.life.clock.stopwatch();
            let make = &mut self.make;
            let end = match contain_call(make) {
                Ok(sink) => {
                    let life = Arc::clone(&self.life);
                    let lived = life.host(sink.blocks(), self.live(sink, starting.take()));
                    let (runner, end) = lived.await?;
                    self = runner;
                    end
                }
                Err(panic) => Err(panic.into()),
            };
            let Err(error) = end else { break };
            starting = None;
            let delay = self.life.after_failure(error, &mut self.restart, ran.elapsed())?;
            self.pause(delay).await;
        }
        self.life.set(ComponentState::Stopped);
        Ok(())
    }

    async fn live(mut self, mut sink: Box<dyn Sink<T>>, starting: Option<Counted>) -> Lived<T> {
        let end = self.start_and_deliver(&mut *sink, starting).await;
        (self, end)
    }

    async fn start_and_deliver(
        &mut self,
        sink: &mut dyn Sink<T>,
        starting: Option<Counted>,
    ) -> Result<(), ComponentError> {
        let context = self.life.context();
        let started = tokio::select! {
            biased;
            started = contain(sink.start(&context)) => started,
            () = self.given_up.wait() => {
                self.life.set_overdue();
                return Ok(());
            }
            () = self.stopping.wait() => return Ok(()),
        };
        started??;
        drop(starting);
        self.life.set(ComponentState::Running);
        while self.deliver_once(sink).await?.is_continue() {}
        self.life.last_words(contain(sink.stop()), self.grace).await;
        Ok(())
    }

    async fn deliver_once(&mut self, sink: &mut dyn Sink<T>) -> Step {
        let taken = tokio::select! {
            biased;
            () = self.given_up.wait() => return Ok(self.late()),
            () = self.stopping.wait() => return Ok(ControlFlow::Break(())),
            taken = unless_ready(self.channel.take(self.batch), || self.life.counters.add(Counter::BatchEmpty, 1)) => taken,
        };
        let take = match taken {
            Ok(take) => take,
            Err(ChannelError::Closed { .. }) => return Ok(ControlFlow::Break(())),
            Err(error) => return Ok(self.not_taken(error).await),
        };
        self.life.begins_delivery(take.events().len(), self.batch);
        let time = self.life.clock.stopwatch();
        let delivery = contain(sink.deliver(take.events()));
        let delivered = tokio::select! {
            biased;
            delivered = delivery => delivered,
            () = self.given_up.wait() => return Ok(self.late()),
        };
        self.life.sends.record(time.elapsed());
        let error = match delivered {
            Ok(Ok(())) => return Ok(self.commit(take).await),
            Ok(Err(error)) => ComponentError::from(error),
            // Made anew: a panic leaves the sink half changed.
            Err(panic) => return self.failed(take, panic.into(), true).await,
        };
        let anew = !error.retries();
        self.failed(take, error, anew).await
    }

    /// The take goes back; this sink tries it again, or the error ends it.
    async fn failed(&mut self, take: Take<T>, error: ComponentError, end: bool) -> Step {
        self.life.failed_attempts.fetch_add(1, Ordering::Relaxed);
        self.life.counters.add(Counter::EventWriteFail, 1);
        take.rollback();
        if end { Err(error) } else { Ok(self.try_again(error).await) }
    }

    async fn commit(&mut self, take: Take<T>) -> ControlFlow<()> {
        let count = take.events().len() as u64;
        match take.commit().await {
            Ok(()) => {
                self.life.delivered(count);
                self.retry.reset();
                ControlFlow::Continue(())
            }
            Err(error) => self.not_taken(error).await,
        }
    }

    async fn not_taken(&mut self, error: ChannelError) -> ControlFlow<()> {
        self.life.counters.add(Counter::ChannelReadFail, 1);
        self.try_again(error.into()).await
    }

    fn late(&self) -> ControlFlow<()> {
        self.life.set_overdue();
        ControlFlow::Break(())
    }

    async fn try_again(&mut self, error: ComponentError) -> ControlFlow<()> {
        let delay = self.retry.next_delay();
        self.life.back_off(error, delay);
        self.pause(delay).await;
        self.life.set(ComponentState::Running);
        ControlFlow::Continue(())
    }

    async fn pause(&mut self, delay: Duration) {
        tokio::select! {
            () = self.life.clock.sleep(delay) => {}
            () = self.given_up.wait() => {}
            () = self.stopping.wait() => {}
        }
    }
}

/// Waits for `future`, and says so when it has to.
async fn unless_ready<F: Future>(future: F, waits: impl FnOnce()) -> F::Output {
    let mut future = pin!(future);
    let first = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    match first {
        Poll::Ready(output) => output,
        Poll::Pending => {
            waits();
            future.await
        }
    }
}
