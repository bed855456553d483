use flowcore::ingest::agent::AgentSnapshot;
use serde::Serialize;
use serde::ser::SerializeMap;

use super::reading::{Reading, readings};

/// Flume's JSON: one object for each component, in which every value is a string.
pub(super) fn flume_json(snapshot: &AgentSnapshot) -> Result<String, serde_json::Error> {
    let readings = readings(snapshot).into_iter().filter(|reading| reading.group != "SINKGROUP");
    serde_json::to_string(&Components(readings.collect()))
}

struct Components(Vec<Reading>);

impl Serialize for Components {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for reading in &self.0 {
            let key = format!("{}.{}", reading.group, reading.name);
            map.serialize_entry(&key, &Strings(reading))?;
        }
        map.end()
    }
}

struct Strings<'a>(&'a Reading);

impl Serialize for Strings<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.members.iter().map(|(name, value)| (name, value.java_text())))
    }
}
