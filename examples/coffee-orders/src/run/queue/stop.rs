use std::sync::atomic::Ordering;
use std::time::Duration;

use flowcore::base::StopSignals;
use flowcore_redis::ListConsumer;

use super::follow::LOOK_EVERY;
use super::{Collecting, GENERATOR, Program};
use crate::run::progress::{Numbers, ProgressLine};
use crate::run::{Failure, tail};
use crate::statistics::Totals;

/// How long a stop waits until what was generated is read. What is left then is counted after the next start.
const READ_REST: Duration = Duration::from_secs(5);
/// How long the server may be away when all else has ended.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);
/// When it is away longer.
const AWAY: &str = "the redis is away: what is not stored is counted after the next start";
/// What a second signal ends with.
const HURRY: &str = "ended before all was stored: the rest is counted after the next start";

/// How it ends: the generator first, what is under way is counted, open buckets are stored.
impl Program {
    /// Ends the generator, and waits until the tail has read what it wrote.
    pub(super) async fn read_generated(&mut self) -> Result<(), Failure> {
        self.stop_generator.now();
        let watch = self.clock.stopwatch();
        while self.is_generated_left() && watch.elapsed() < READ_REST {
            tokio::select! {
                Some((name, end)) = self.tasks.next() => {
                    end.into_result()??;
                    match &mut self.collecting {
                        Some(collecting) if &*name == GENERATOR => collecting.generating = false,
                        _ => return Err(Failure::from(format!("{name} has ended by itself"))),
                    }
                }
                _ = self.signals.next() => return Ok(()),
                () = self.clock.sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    fn is_generated_left(&self) -> bool {
        let mine = self.collecting.as_ref().filter(|collecting| collecting.generated.is_some());
        mine.is_some_and(|mine| mine.generating || !tail::is_at_end(&self.dir, &mine.tail))
    }

    /// With a server that is away this takes its time: who does not want to wait says so again.
    pub(super) async fn stop(self, progress: &mut ProgressLine) -> Result<(), Failure> {
        let mut again = StopSignals::listen()?;
        tokio::select! {
            stopped = self.stop_in_order(progress) => stopped,
            _ = again.next() => Err(Failure::from(HURRY)),
        }
    }

    /// Waits until what this process has pushed is in a bucket, unless that takes long: then it waits in the
    /// queue for the next start.
    async fn count_rest(&mut self) {
        let clock = self.clock.clone();
        let counted = async {
            while !self.is_finished().await.unwrap_or(true) {
                clock.sleep(LOOK_EVERY).await;
            }
        };
        let _ = tokio::time::timeout(READ_REST, counted).await;
    }

    /// The generator first, then the tail until the queue has everything; what is under way is counted, and
    /// open buckets are stored.
    async fn stop_in_order(mut self, progress: &mut ProgressLine) -> Result<(), Failure> {
        self.stop_generator.now();
        let mut failure = None;
        if let Some(collecting) = &self.collecting {
            collecting.agent.stop_sources().await;
        }
        let numbers = self.numbers();
        if let Some(Collecting { agent, generated, .. }) = self.collecting.take() {
            failure = agent.finish().await.err().map(Failure::from);
            self.count_rest().await;
            if let Some(generated) = generated {
                let Totals { orders, cups } = *generated.borrow();
                progress.end();
                println!("the file of orders has {orders} orders, {cups} cups");
            }
        }
        if let Some(counting) = &self.counting {
            counting.topology.stop();
        }
        if let Some(page) = &self.page {
            page.stop();
        }
        self.stop_web.now();
        while let Some((_, end)) = self.tasks.next().await {
            failure = failure.or(end.into_result().unwrap_or_else(|error| Err(error.into())).err());
        }
        if let Some(counting) = &self.counting {
            let stored = counting.stored.load(Ordering::Relaxed);
            progress.show(Numbers { stored, counted: stored.max(numbers.counted), ..numbers });
            progress.end();
            if failure.is_none() {
                failure = release(&counting.consumer).await.err();
            }
            println!("counted and stored {stored} orders; {} entries rejected", numbers.rejected);
        }
        failure.map_or(Ok(()), Err)
    }
}

/// Gives back what is taken and not stored, if the server is there: if not, it goes on with the next start.
async fn release(consumer: &ListConsumer) -> Result<(), Failure> {
    match tokio::time::timeout(RELEASE_WITHIN, consumer.release()).await {
        Ok(released) => Ok(released?),
        Err(_) => Err(Failure::from(AWAY)),
    }
}
