use std::collections::HashMap;

use crate::keys::find;
use crate::model::{AgentConfig, ComponentConfig, Group, Setting};

/// What an agent has, for people: its components, and the ways from sources to sinks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The agent's name.
    pub agent: String,
    /// Its components, in the order in which they start: channels, sinks, sources; then the groups.
    pub components: Vec<ComponentSummary>,
    /// Each way: source, channel, sinks.
    pub ways: Vec<[String; 3]>,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentSummary {
    /// `source`, `channel`, `sink` or `sink group`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its type by its short name, or as it was written. Empty when it has none.
    pub component_type: String,
    /// The channels that it puts into or takes from; the sinks of a group.
    pub connected: Vec<String>,
}

/// What `agent` has.
pub fn summarise(agent: &AgentConfig) -> Summary {
    let order = [Group::Channels, Group::Sinks, Group::Sources, Group::SinkGroups];
    let components = order.into_iter().flat_map(|group| agent.listed(group)).map(component).collect();
    Summary { agent: agent.name.clone(), components, ways: ways(agent) }
}

fn component(component: &ComponentConfig) -> ComponentSummary {
    let key = if component.group == Group::SinkGroups { "processor.type" } else { "type" };
    let written = component.value(key).unwrap_or("");
    let section = component.group.section();
    let component_type = find(section, written).map_or(written, |found| found.component.name).to_owned();
    let connected = match component.group {
        Group::Sources => words(component, "channels"),
        Group::Sinks => words(component, "channel"),
        Group::SinkGroups => words(component, "sinks"),
        Group::Channels | Group::ConfigFilters => Vec::new(),
    };
    ComponentSummary {
        kind: component.group.singular(),
        name: component.name.clone(),
        component_type,
        connected,
    }
}

fn words(component: &ComponentConfig, key: &str) -> Vec<String> {
    let words = component.get(key).map(Setting::words).unwrap_or_default();
    words.into_iter().map(|(word, _)| word.to_owned()).collect()
}

fn ways(agent: &AgentConfig) -> Vec<[String; 3]> {
    let mut takers: HashMap<&str, Vec<&str>> = HashMap::new();
    for sink in agent.listed(Group::Sinks) {
        if let Some(channel) = sink.value("channel") {
            takers.entry(channel).or_default().push(&sink.name);
        }
    }
    let mut ways = Vec::new();
    for source in agent.listed(Group::Sources) {
        for channel in words(source, "channels") {
            let sinks = takers.get(channel.as_str()).map(|sinks| sinks.join(", "));
            ways.push([source.name.clone(), channel, sinks.unwrap_or_default()]);
        }
    }
    ways
}
