use std::sync::Arc;

use flowcore::process::{Bolt, BoltError, Emitter};
use flowcore_mqtt::Message;

use super::ArchiverProgress;
use crate::archive::{Point, Series};
use crate::messages::{COMPUTED, FUEL_MIX, Value};
use crate::stamp::StampReader;
use crate::topology::instant::instant;

/// Reads messages as points. One that is none is warned of and left out: to be sent it again would not help.
pub(super) struct PointBolt {
    progress: Arc<ArchiverProgress>,
    stamps: StampReader,
}

/// Why a message is no point.
#[derive(Debug, thiserror::Error)]
enum NoPoint {
    #[error("nothing of this topic is kept")]
    Topic,
    #[error("the payload is not what is published there")]
    Payload(#[from] serde_json::Error),
    #[error("its time means no instant")]
    Stamp(#[from] crate::stamp::StampError),
}

impl PointBolt {
    pub(super) fn new(progress: Arc<ArchiverProgress>) -> Self {
        Self { progress, stamps: StampReader::default() }
    }

    fn point(&mut self, topic: &str, payload: &[u8]) -> Result<Point, NoPoint> {
        let series = match topic.strip_prefix(FUEL_MIX) {
            Some(fuel) => Series::Fuel(fuel.to_owned()),
            None if topic == COMPUTED => Series::Intensity,
            None => return Err(NoPoint::Topic),
        };
        let Value { ts, zone, at, value, .. } = serde_json::from_slice(payload)?;
        let at = instant(&mut self.stamps, &ts, zone.as_deref(), at)?;
        Ok(Point { series, at, value })
    }
}

impl Bolt<Message> for PointBolt {
    type Out = Emitter<Point>;

    async fn execute(&mut self, message: &Message, out: &mut Self::Out) -> Result<(), BoltError> {
        // A payload that was removed is there no more.
        if message.payload.is_empty() {
            return Ok(());
        }
        match self.point(&message.topic, &message.payload) {
            Ok(point) => out.emit(point),
            Err(error) => {
                self.progress.refuse();
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(topic = %message.topic, cause, "a message is not archived");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(topic: &str, payload: &str) -> Result<Point, NoPoint> {
        PointBolt::new(Arc::default()).point(topic, payload.as_bytes())
    }

    #[test]
    fn a_message_is_a_point_at_its_instant_however_it_says_that() {
        let payloads = [
            r#"{"ts":"04/09/2018 14:35:00","value":209.27,"units":"g / kWh"}"#,
            r#"{"ts":"04/09/2018 14:35:00","zone":"EDT","value":209.27,"units":"g / kWh"}"#,
            r#"{"ts":"what?","at":"2018-04-09T18:35:00Z","value":209.27,"units":"g / kWh"}"#,
        ];
        for payload in payloads {
            let point = read(COMPUTED, payload).unwrap();
            assert_eq!((point.series, point.value), (Series::Intensity, 209.27));
            assert_eq!(point.at.to_string(), "2018-04-09T18:35:00Z");
        }
        let winter = r#"{"ts":"01/09/2018 14:35:00","value":3150,"units":"MW"}"#;
        let point = read("ny-power/upstream/fuel-mix/Dual Fuel", winter).unwrap();
        assert_eq!((point.series, point.value), (Series::Fuel("Dual Fuel".to_owned()), 3150.0));
        assert_eq!(point.at.to_string(), "2018-01-09T19:35:00Z");
    }

    #[test]
    fn the_two_hours_of_autumn_are_told_apart_by_the_zone() {
        let at = |zone: &str| {
            let json = format!(r#"{{"ts":"11/02/2025 01:00:00","zone":"{zone}","value":1,"units":"MW"}}"#);
            read(COMPUTED, &json).unwrap().at.to_string()
        };
        assert_eq!([at("EDT"), at("EST")], ["2025-11-02T05:00:00Z", "2025-11-02T06:00:00Z"]);
    }

    #[test]
    fn what_is_no_point_says_why() {
        let errors = [
            read("ny-power/status/fuel-mix/updated", "{}"),
            read(COMPUTED, "reload"),
            read(COMPUTED, r#"{"ts":"yesterday","value":1,"units":"MW"}"#),
        ];
        assert!(matches!(errors[0], Err(NoPoint::Topic)));
        assert!(matches!(errors[1], Err(NoPoint::Payload(_))));
        assert!(matches!(errors[2], Err(NoPoint::Stamp(_))));
    }
}
