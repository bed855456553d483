use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// What a monitor said: of flowcore at `/metrics.json`, or of Flume itself at `/metrics`.
#[derive(Debug, Clone)]
pub struct View {
    /// Flume says nothing of itself.
    pub(super) agent: Option<Component>,
    /// Milliseconds since 1970 at the agent.
    pub(super) time: i64,
    pub(super) components: Vec<Component>,
    /// Where each component stands.
    places: HashMap<(Group, String), usize>,
}

/// Why an answer is no view.
#[derive(Debug, thiserror::Error)]
#[error("it did not answer with the metrics of an agent")]
pub struct ViewError(#[source] serde_json::Error);

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Agent,
    Source,
    Channel,
    Sink,
    /// A group of sinks.
    Several,
}

#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) group: Group,
    pub(super) name: String,
    members: Map<String, Value>,
}

impl View {
    /// Reads an answer that came at `now`, in milliseconds since 1970: Flume does not say when it spoke.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn read(answer: &[u8], now: i64) -> Result<Self, ViewError> {
        let entries: Entries = serde_json::from_slice(answer).map_err(ViewError)?;
        let mut view = Self { agent: None, time: now, components: Vec::new(), places: HashMap::new() };
        for (key, members) in entries.0 {
            let Some((kind, name)) = key.split_once('.') else { continue };
            let group = match kind {
                "SOURCE" => Group::Source,
                "CHANNEL" => Group::Channel,
                "SINK" => Group::Sink,
                "SINKGROUP" => Group::Several,
                "AGENT" => Group::Agent,
                _ => continue,
            };
            let component = Component { group, name: shown(name), members };
            if group == Group::Agent {
                view.time = component.millis("Time").unwrap_or(now);
                view.agent = Some(component);
            } else {
                view.places.insert((group, component.name.clone()), view.components.len());
                view.components.push(component);
            }
        }
        Ok(view)
    }

    pub(super) fn of(&self, group: Group) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(move |component| component.group == group)
    }

    pub(super) fn find(&self, like: &Component) -> Option<&Component> {
        let place = self.places.get(&(like.group, like.name.clone()))?;
        self.components.get(*place)
    }
}

impl Component {
    /// Flume writes numbers as text.
    pub(super) fn number(&self, member: &str) -> Option<f64> {
        match self.members.get(member)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            _ => None,
        }
    }

    pub(super) fn millis(&self, member: &str) -> Option<i64> {
        match self.members.get(member)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn text(&self, member: &str) -> Option<String> {
        self.members.get(member).and_then(Value::as_str).map(shown)
    }

    pub(super) fn names(&self, member: &str) -> Vec<String> {
        let names = self.members.get(member).and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).map(shown).collect()
    }

    pub(super) fn is(&self, state: &str) -> bool {
        self.members.get("State").and_then(Value::as_str) == Some(state)
    }
}

/// What cannot spoil a terminal.
fn shown(text: &str) -> String {
    text.chars().take(1000).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The entries of an object, in their order.
struct Entries(Vec<(String, Map<String, Value>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of components")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
