use std::time::Duration;

use flowcore::base::Clock;
use flowcore::process::SpoutError;
use flowcore_mqtt::{Error, Message, MqttClient, MqttConfig};

use crate::messages::{UPDATED, Updated};
use crate::stamp::{Stamp, StampReader};
use crate::topology::instant::instant;

/// How long the broker may be away before this is tried anew.
const PATIENCE: Duration = Duration::from_mins(1);

/// The last interval that is published whole, as the retained status says it.
pub(super) async fn last_published(mqtt: &MqttConfig, clock: &Clock) -> Result<Option<Stamp>, SpoutError> {
    let client = MqttClient::new(mqtt.clone()).clock(clock.clone());
    let retained = client.retained(UPDATED, PATIENCE).await.map_err(Error::into_spout_error)?;
    Ok(retained.last().and_then(read))
}

/// A status that nobody understands is as good as none: everything is published once more.
fn read(status: &Message) -> Option<Stamp> {
    let updated: Option<Updated> = serde_json::from_slice(&status.payload).ok();
    let at = updated.and_then(|Updated { ts, zone, at }| {
        instant(&mut StampReader::default(), &ts, zone.as_deref(), at).ok()
    });
    let stamp = at.and_then(Stamp::new);
    if stamp.is_none() {
        tracing::warn!(topic = %status.topic, "the status is not understood: beginning with all of the input");
    }
    stamp
}
