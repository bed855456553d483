//! Files in, messages out.
//!
//! One interval is under way at a time: all its messages are at the broker before the next one is read. So the
//! status never tells of an interval that is not published, whatever dies when, and what failed is tried again
//! before anything newer.
//!
//! What is not later than the status, as a backlog may be, is published for the archive alone: not retained,
//! and without a status.

mod pace;
mod progress;
mod publication_bolt;
mod reading_spout;
mod resume;

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::process::{RetryPolicy, TopologyBuilder};
use flowcore_mqtt::{MqttBolt, MqttConfig, Publish, Publishes};

use pace::Pace;
pub use progress::PumpProgress;

use super::feed::{Factory, Feed, FeedError};
use super::{ArchiverProgress, GRACE};
use crate::cli::Speed;
use crate::publication::Publication;
use crate::stamp::Stamp;
use publication_bolt::PublicationBolt;
use reading_spout::ReadingSpout;

/// Makes a feed, told the last interval that is published.
pub type FeedFactory = Factory;

/// What the pump needs to know.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds a closure")]
pub struct PumpSettings {
    /// The broker, with the right to write.
    pub mqtt: MqttConfig,
    /// Where readings come from.
    pub feed: FeedFactory,
    /// How fast intervals follow each other.
    pub speed: Speed,
    /// Told how far it is.
    pub progress: Arc<PumpProgress>,
    /// An archiver that has to have subscribed before anything is published.
    pub after: Option<Arc<ArchiverProgress>>,
}

impl PumpSettings {
    /// Everything at once, as `feed` says it.
    pub fn new(
        mqtt: MqttConfig,
        feed: impl Fn(Option<Stamp>) -> Result<Box<dyn Feed>, FeedError> + Send + Sync + 'static,
    ) -> Self {
        Self::of(mqtt, Arc::new(feed))
    }

    /// The same.
    pub fn of(mqtt: MqttConfig, feed: FeedFactory) -> Self {
        Self { mqtt, feed, speed: Speed::Max, progress: Arc::default(), after: None }
    }
}

/// A topology that publishes readings, to be built and started.
///
/// ```
/// use flowcore_mqtt::MqttConfig;
/// use ny_power::generator::Day;
/// use ny_power::reading::Reader;
/// use ny_power::topology::{GeneratedFeed, PumpSettings, add_pump};
///
/// let day = Day::new("2016-04-01".parse()?, 7);
/// let settings = PumpSettings::new(MqttConfig::new("mqtt://127.0.0.1"), move |last| {
///     Ok(Box::new(GeneratedFeed::new([day], last.map(Reader::after).unwrap_or_default())))
/// });
/// let topology = add_pump(&settings).build()?;
/// # let _ = topology;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add_pump(settings: &PumpSettings) -> TopologyBuilder {
    let forever = RetryPolicy {
        max_attempts: u32::MAX,
        backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
    };
    let mut topology = TopologyBuilder::new("pump").batch(1).max_pending(1).retry(forever).grace(GRACE);
    let spout = settings.clone();
    let readings = topology.spout("readings", move || ReadingSpout::new(spout.clone()));
    let progress = Arc::clone(&settings.progress);
    let messages =
        topology.bolt("messages", move || PublicationBolt::new(Arc::clone(&progress))).global(&readings);
    let mqtt = settings.mqtt.clone();
    topology.bolt("publish", move || MqttBolt::new(mqtt.clone(), publish)).global(&messages);
    topology
}

fn publish(messages: &Vec<Publication>, out: &mut Publishes) {
    for Publication { topic, payload, retain } in messages {
        let publish = Publish::new(Arc::clone(topic), payload.clone());
        out.add(if *retain { publish.retained() } else { publish });
    }
}
