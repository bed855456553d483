//! An interval as messages.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use crate::fuel::Fuel;
use crate::intensity::Intensity;
use crate::interval::Interval;
use crate::messages::{
    COMPUTED, FUEL_MIX, INTENSITY_UNITS, POWER_UNITS, REJECTED, Rejected, UPDATED, Updated, Value,
};
use crate::reading::Refusal;
use crate::stamp::Stamp;

/// A message that is to be published at least once (quality of service 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Where to.
    pub topic: Arc<str>,
    /// JSON.
    pub payload: Bytes,
    /// Whether the broker keeps it for those who subscribe later.
    pub retain: bool,
}

/// The messages of an interval, in the order in which they are published: each fuel as the file has them, the
/// intensity, and the status last, so that who finds the status finds the others. None if the grid gives
/// nothing: there is no intensity then.
///
/// # Errors
/// Never, as long as JSON has room for every number.
pub fn publications(interval: &Interval) -> serde_json::Result<Vec<Publication>> {
    let Some(intensity) = Intensity::of(interval) else {
        return Ok(Vec::new());
    };
    let stamp = interval.stamp();
    let mut messages = Vec::with_capacity(interval.mw().len() + 2);
    for (fuel, mw) in interval.mw() {
        messages.push(retained(upstream_topic(fuel), &value(stamp, *mw, POWER_UNITS))?);
    }
    messages.push(retained(COMPUTED.into(), &value(stamp, intensity.g_per_kwh, INTENSITY_UNITS))?);
    messages.push(retained(UPDATED.into(), &updated(stamp))?);
    Ok(messages)
}

/// Input that was refused, the `count`th since the pump started; not retained.
///
/// # Errors
/// Never, as long as JSON has room for every number.
pub fn rejection(refusal: &Refusal, count: u64) -> serde_json::Result<Publication> {
    let Refusal { file, row, reason } = refusal;
    let rejected = Rejected { file: file.to_string(), row: *row, reason: reason.to_string(), count };
    Ok(Publication { retain: false, ..retained(REJECTED.into(), &rejected)? })
}

/// Where the output of a fuel is published.
pub fn upstream_topic(fuel: &Fuel) -> Arc<str> {
    [FUEL_MIX, fuel.name()].concat().into()
}

fn retained(topic: Arc<str>, message: &impl Serialize) -> serde_json::Result<Publication> {
    Ok(Publication { topic, payload: serde_json::to_vec(message)?.into(), retain: true })
}

fn value(stamp: Stamp, value: f64, units: &str) -> Value {
    let Updated { ts, zone, at } = updated(stamp);
    Value { ts, zone, at, value, units: units.to_owned() }
}

fn updated(stamp: Stamp) -> Updated {
    Updated { ts: stamp.to_string(), zone: Some(stamp.zone().name().to_owned()), at: Some(stamp.at()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Ending, Reader, Reading};

    fn intervals(outputs: [&str; 7]) -> Vec<Interval> {
        let mut text = vec!["Time Stamp,Time Zone,Fuel Category,Gen MW".to_owned()];
        text.extend(
            Fuel::PUBLISHED
                .iter()
                .zip(outputs)
                .map(|(fuel, output)| format!("04/01/2016 00:05:00,EDT,{fuel},{output}")),
        );
        let (mut reader, mut intervals) = (Reader::default(), Vec::new());
        let mut take = |reading| match reading {
            Reading::Interval(interval) => intervals.push(interval),
            other => panic!("{other:?}"),
        };
        reader.begin("file");
        reader.feed(text.join("\r\n").as_bytes(), &mut take);
        reader.end(Ending::Final, &mut take);
        intervals
    }

    #[test]
    fn an_interval_is_seven_outputs_then_the_intensity_then_the_status() {
        let intervals = intervals(["2681.0", "1638.0", "4383.0", "1.0", "262.0", "1431.0", "2321.0"]);
        let messages = publications(&intervals[0]).unwrap();
        let when = r#"{"ts":"04/01/2016 00:05:00","zone":"EDT","at":"2016-04-01T04:05:00Z""#;
        let shown: Vec<String> = messages
            .iter()
            .map(|message| {
                assert!(message.retain);
                let payload = str::from_utf8(&message.payload).unwrap().strip_prefix(when).unwrap();
                format!("{} {payload}", message.topic)
            })
            .collect();
        assert_eq!(
            shown[..7],
            [
                r#"ny-power/upstream/fuel-mix/Dual Fuel ,"value":2681.0,"units":"MW"}"#,
                r#"ny-power/upstream/fuel-mix/Natural Gas ,"value":1638.0,"units":"MW"}"#,
                r#"ny-power/upstream/fuel-mix/Nuclear ,"value":4383.0,"units":"MW"}"#,
                r#"ny-power/upstream/fuel-mix/Other Fossil Fuels ,"value":1.0,"units":"MW"}"#,
                r#"ny-power/upstream/fuel-mix/Other Renewables ,"value":262.0,"units":"MW"}"#,
                r#"ny-power/upstream/fuel-mix/Wind ,"value":1431.0,"units":"MW"}"#,
                r#"ny-power/upstream/fuel-mix/Hydro ,"value":2321.0,"units":"MW"}"#,
            ]
        );
        let computed: Value = serde_json::from_slice(&messages[7].payload).unwrap();
        assert_eq!((&*messages[7].topic, &*computed.units), ("ny-power/computed/co2", "g / kWh"));
        assert!((computed.value - 164.561_580).abs() < 1e-6, "{computed:?}");
        assert_eq!(shown[8], "ny-power/status/fuel-mix/updated }");
        assert_eq!(shown.len(), 9);
    }

    #[test]
    fn a_grid_that_gives_nothing_publishes_nothing() {
        assert_eq!(publications(&intervals(["0.0"; 7])[0]).unwrap(), []);
    }

    #[test]
    fn a_refusal_is_published_with_its_count_and_not_retained() {
        let reason = crate::row::RowError::Fields(3).into();
        let message = rejection(&Refusal { file: "a.csv".into(), row: 7, reason }, 2).unwrap();
        assert_eq!((&*message.topic, message.retain), ("ny-power/status/fuel-mix/rejected", false));
        let expected = r#"{"file":"a.csv","row":7,"reason":"the row has 3 fields, not 4","count":2}"#;
        assert_eq!(message.payload, expected);
    }
}
