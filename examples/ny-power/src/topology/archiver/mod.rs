//! Messages in, points kept, the window out.
//!
//! A message is acknowledged to the broker when its point is kept and, if it is the intensity, the window that
//! has it is published. So what an archive that is away did not take comes again, also after a restart.

mod message_spout;
mod point_bolt;
mod progress;
mod store_bolt;

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::process::{RetryPolicy, TopologyBuilder};
use flowcore_mqtt::{MqttBolt, MqttConfig, MqttSourceConfig, Publish, Publishes, QoS, Session};

pub use progress::ArchiverProgress;

use super::GRACE;
use crate::archive::{Archive, WindowLength};
use crate::messages::{COMPUTED, FUEL_MIX};
use message_spout::MessageSpout;
use point_bolt::PointBolt;
use store_bolt::StoreBolt;

/// How long the broker keeps messages for an archiver that is away.
const SESSION: Duration = Duration::from_hours(24 * 7);

/// What the archiver needs to know.
#[derive(Debug, Clone)]
pub struct ArchiverSettings {
    /// The broker, with the right to write the window.
    pub mqtt: MqttConfig,
    /// The name under which the broker keeps messages for it: each archiver has its own.
    pub client_id: String,
    /// Where points are kept.
    pub archive: Arc<dyn Archive>,
    /// How much of the past is published.
    pub window: WindowLength,
    /// Told how far it is.
    pub progress: Arc<ArchiverProgress>,
}

impl ArchiverSettings {
    /// With the usual window, under the usual name.
    pub fn new(mqtt: MqttConfig, archive: Arc<dyn Archive>) -> Self {
        let client_id = "ny-power-archive".to_owned();
        Self { mqtt, client_id, archive, window: WindowLength::default(), progress: Arc::default() }
    }
}

/// A topology that keeps what is published, to be built and started. It runs until it is stopped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use flowcore_mqtt::MqttConfig;
/// use ny_power::archive;
/// use ny_power::topology::{ArchiverSettings, add_archiver};
///
/// let archive = archive::open("embedded", dir.path()).await?;
/// let settings = ArchiverSettings::new(MqttConfig::new("mqtt://127.0.0.1"), archive.into());
/// let topology = add_archiver(&settings).build()?;
/// # let _ = topology;
/// # Ok(()) }
/// ```
pub fn add_archiver(settings: &ArchiverSettings) -> TopologyBuilder {
    let forever = RetryPolicy {
        max_attempts: u32::MAX,
        backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
    };
    let mut topology = TopologyBuilder::new("archiver").retry(forever).grace(GRACE);
    let mqtt = settings.mqtt.clone().client_id(&settings.client_id).session(Session::Persistent(SESSION));
    let input = MqttSourceConfig::new(mqtt)
        .subscribe(COMPUTED, QoS::AtLeastOnce)
        .subscribe(format!("{FUEL_MIX}+"), QoS::AtLeastOnce);
    let progress = Arc::clone(&settings.progress);
    let spout = move || MessageSpout::new(input.clone(), Arc::clone(&progress));
    let messages = topology.spout("messages", spout);
    let progress = Arc::clone(&settings.progress);
    let points = topology.bolt("points", move || PointBolt::new(Arc::clone(&progress))).global(&messages);
    let store = settings.clone();
    let windows = topology.bolt("store", move || StoreBolt::new(&store)).global(&points);
    let mqtt = settings.mqtt.clone();
    let topic: Arc<str> = settings.window.topic().into();
    let publish = move || {
        let topic = Arc::clone(&topic);
        MqttBolt::new(mqtt.clone(), move |window: &Vec<u8>, out: &mut Publishes| {
            out.add(Publish::new(Arc::clone(&topic), window.clone()).qos(QoS::ExactlyOnce).retained());
        })
    };
    topology.bolt("publish", publish).global(&windows);
    topology
}
