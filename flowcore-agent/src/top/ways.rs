use std::collections::{HashMap, HashSet};

use super::view::{Group, View};

/// The ways of events: source, channel, sinks.
pub(super) fn ways(view: &View) -> Vec<[String; 3]> {
    let sinks = sinks(view);
    let to = |channel: &str| sinks.get(channel).map(|sinks| sinks.join(", ")).unwrap_or_default();
    let (mut ways, mut written) = (Vec::new(), HashSet::new());
    for source in view.of(Group::Source) {
        for channel in source.names("Channels") {
            ways.push([source.name.clone(), channel.clone(), to(&channel)]);
            written.insert(channel);
        }
    }
    for channel in view.of(Group::Channel).filter(|channel| !written.contains(&channel.name)) {
        if sinks.contains_key(&channel.name) {
            ways.push(["…".to_owned(), channel.name.clone(), to(&channel.name)]);
        }
    }
    ways
}

/// By channels, those that empty them. A group stands for its sinks.
fn sinks(view: &View) -> HashMap<String, Vec<String>> {
    let mut members: HashMap<String, Vec<&str>> = HashMap::new();
    let mut sinks: HashMap<String, Vec<String>> = HashMap::new();
    for sink in view.of(Group::Sink) {
        match (sink.text("Group"), sink.text("Channel")) {
            (Some(group), _) => members.entry(group).or_default().push(&sink.name),
            (None, Some(channel)) => sinks.entry(channel).or_default().push(sink.name.clone()),
            (None, None) => {}
        }
    }
    for group in view.of(Group::Several) {
        let Some(channel) = group.text("Channel") else { continue };
        let members = members.get(&group.name).map(|members| members.join(", ")).unwrap_or_default();
        sinks.entry(channel).or_default().push(format!("{} ({members})", group.name));
    }
    sinks
}
