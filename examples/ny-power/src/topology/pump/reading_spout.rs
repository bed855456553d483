use std::sync::Arc;

use flowcore::base::Clock;
use flowcore::process::{Emitter, Next, Spout, SpoutError, TaskContext};

use super::resume::last_published;
use super::{Pace, PumpSettings};
use crate::reading::Reading;
use crate::topology::Feed;

/// A reading, and what the broker knows of it.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// It is later than everything that is published.
    New(Reading),
    /// The status has passed it.
    Old(Reading),
    /// Input that was left out, and how many there were with it.
    Refused(crate::reading::Refusal, u64),
}

/// Emits readings from behind the last interval that the broker knows, at the speed that was asked for.
///
/// It has nothing to acknowledge to: where it goes on after a restart is what the status says.
pub(super) struct ReadingSpout {
    settings: PumpSettings,
    feed: Option<Box<dyn Feed>>,
    pace: Pace,
    last: Option<jiff::Timestamp>,
    clock: Clock,
}

impl ReadingSpout {
    pub(super) fn new(settings: PumpSettings) -> Self {
        let pace = Pace::new(settings.speed);
        Self { settings, feed: None, pace, last: None, clock: Clock::system() }
    }

    async fn item(&mut self, reading: Reading) -> Item {
        let interval = match &reading {
            Reading::Interval(interval) => interval,
            Reading::Refused(refusal) => {
                let count = self.settings.progress.refuse();
                tracing::warn!(%refusal, "input is left out");
                return Item::Refused(refusal.clone(), count);
            }
            Reading::UnknownFuel(fuel) => {
                tracing::warn!(%fuel, "an unknown fuel counts as 0 g / kWh");
                return Item::New(reading);
            }
        };
        let at = interval.at();
        if self.last.is_some_and(|last| at <= last) {
            return Item::Old(reading);
        }
        let wait = self.pace.before(at);
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        self.last = Some(at);
        Item::New(reading)
    }
}

impl Spout for ReadingSpout {
    type Out = Emitter<Item>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        if let Some(archiver) = &self.settings.after {
            archiver.subscribed().await;
        }
        let last = last_published(&self.settings.mqtt, &self.clock).await?;
        self.settings.progress.resume(last);
        self.last = last.map(crate::stamp::Stamp::at);
        let feed = Arc::clone(&self.settings.feed);
        let feed = feed(last).map_err(as_spout_error)?;
        self.feed = Some(feed);
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let Some(feed) = &mut self.feed else { return Ok(Next::End) };
        let Some(reading) = feed.next().await.map_err(as_spout_error)? else { return Ok(Next::End) };
        let item = self.item(reading).await;
        out.emit(item);
        Ok(Next::More)
    }
}

fn as_spout_error(error: crate::topology::FeedError) -> SpoutError {
    if error.is_retriable() { SpoutError::restart(error) } else { SpoutError::fatal(error) }
}
