use std::sync::Arc;

use flowcore::process::{Bolt, BoltError, Emitter};

use super::PumpProgress;
use super::reading_spout::Item;
use crate::intensity::Intensity;
use crate::interval::Interval;
use crate::publication::{Publication, publications, rejection};
use crate::reading::Reading;

/// Makes the messages of an interval: its intensity is computed here. Those of one interval are one tuple, so
/// that they are published, and tried again, together and in their order.
pub(super) struct PublicationBolt {
    progress: Arc<PumpProgress>,
}

impl PublicationBolt {
    pub(super) fn new(progress: Arc<PumpProgress>) -> Self {
        Self { progress }
    }

    fn messages(&self, item: &Item) -> serde_json::Result<Vec<Publication>> {
        match item {
            Item::New(Reading::Interval(interval)) => self.of_interval(interval),
            Item::Old(Reading::Interval(interval)) => Ok(for_the_archive(self.of_interval(interval)?)),
            Item::Refused(refusal, count) => Ok(vec![rejection(refusal, *count)?]),
            Item::New(_) | Item::Old(_) => Ok(Vec::new()),
        }
    }

    fn of_interval(&self, interval: &Interval) -> serde_json::Result<Vec<Publication>> {
        if let Some(intensity) = Intensity::of(interval) {
            self.progress.publish(interval.stamp(), intensity.g_per_kwh);
        } else {
            tracing::warn!(interval = %interval.stamp(), "the grid gave nothing: there is no intensity");
            self.progress.skip();
        }
        publications(interval)
    }
}

/// Without the status, which stands last, and not in the way of what is newer.
fn for_the_archive(mut messages: Vec<Publication>) -> Vec<Publication> {
    messages.pop();
    messages.into_iter().map(|message| Publication { retain: false, ..message }).collect()
}

impl Bolt<Item> for PublicationBolt {
    type Out = Emitter<Vec<Publication>>;

    async fn execute(&mut self, item: &Item, out: &mut Self::Out) -> Result<(), BoltError> {
        let messages = self.messages(item).map_err(BoltError::fatal)?;
        if !messages.is_empty() {
            out.emit(messages);
        }
        Ok(())
    }
}
