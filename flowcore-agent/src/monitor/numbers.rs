use flowcore::base::Timestamp;
use flowcore::ingest::agent::AgentSnapshot;
use serde::Serialize;
use serde::ser::SerializeMap;

use super::reading::{Reading, readings};
use super::value::Value;

/// All members as what they are, with those that Flume does not have. The agent itself stands first.
pub(super) fn numbers(snapshot: &AgentSnapshot, now: Timestamp) -> Result<String, serde_json::Error> {
    let agent = Reading {
        group: "AGENT",
        name: snapshot.agent.to_string(),
        members: vec![("Type", Value::Text("AGENT".to_owned()))],
        own: agent(snapshot, now),
    };
    serde_json::to_string(&Components(std::iter::once(agent).chain(readings(snapshot)).collect()))
}

fn agent(snapshot: &AgentSnapshot, now: Timestamp) -> Vec<(&'static str, Value)> {
    let time = |at: Option<Timestamp>| at.map_or(Value::Nothing, |at| Value::Millis(at.as_millis()));
    let changes = &snapshot.changes;
    let refused = changes.refused.as_ref().map_or(Value::Nothing, |why| Value::Text(why.to_string()));
    vec![
        ("Name", Value::Text(snapshot.agent.to_string())),
        ("Version", Value::Text(env!("CARGO_PKG_VERSION").to_owned())),
        ("Time", Value::Millis(now.as_millis())),
        ("ChangeCount", Value::Count(changes.applied)),
        ("LastChangeTime", time(changes.last_applied)),
        ("ChangeRefused", refused),
        ("ChangeRefusedTime", time(changes.refused_since)),
    ]
}

struct Components(Vec<Reading>);

impl Serialize for Components {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for reading in &self.0 {
            map.serialize_entry(&format!("{}.{}", reading.group, reading.name), &Members(reading))?;
        }
        map.end()
    }
}

struct Members<'a>(&'a Reading);

impl Serialize for Members<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = |value: &Value| *value != Value::Nothing;
        let own = self.0.own.iter().filter(|(_, value)| known(value));
        serializer.collect_map(self.0.members.iter().chain(own).map(|(name, value)| (name, value)))
    }
}
