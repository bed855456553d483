//! Messages as a subscriber prints them, taken apart.

use jiff::Timestamp;
use ny_power::messages::{COMPUTED, FUEL_MIX, UPDATED};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) retained: bool,
    pub(crate) payload: Value,
}

impl Message {
    /// From `topic quality retained payload`. A topic may have blanks, the rest before the payload has none.
    pub(crate) fn parse(line: &str) -> Self {
        let (head, payload) = line.split_at(line.find(" {").unwrap_or_else(|| panic!("no JSON: {line}")));
        let (head, retained) = head.rsplit_once(' ').unwrap();
        let (topic, _quality) = head.rsplit_once(' ').unwrap();
        let payload = serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self { topic: topic.to_owned(), retained: retained == "1", payload }
    }

    pub(crate) fn at(&self) -> Timestamp {
        self.payload["at"].as_str().unwrap_or_else(|| panic!("no instant: {self:?}")).parse().unwrap()
    }

    pub(crate) fn value(&self) -> f64 {
        self.payload["value"].as_f64().unwrap()
    }

    pub(crate) fn is_upstream(&self) -> bool {
        self.topic.starts_with(FUEL_MIX)
    }

    pub(crate) fn is_computed(&self) -> bool {
        self.topic == COMPUTED
    }

    pub(crate) fn is_status(&self) -> bool {
        self.topic == UPDATED
    }
}
