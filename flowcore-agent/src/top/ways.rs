use super::view::{Component, Group, View};

/// The ways of events: source, channel, sinks.
pub(super) fn ways(view: &View) -> Vec<[String; 3]> {
    let mut ways = Vec::new();
    for source in view.of(Group::Source) {
        for channel in source.names("Channels") {
            let sinks = sinks_of(view, &channel);
            ways.push([source.name.clone(), channel, sinks]);
        }
    }
    for channel in view.of(Group::Channel) {
        let is_written = ways.iter().any(|[_, written, _]| *written == channel.name);
        let sinks = sinks_of(view, &channel.name);
        if !is_written && !sinks.is_empty() {
            ways.push(["…".to_owned(), channel.name.clone(), sinks]);
        }
    }
    ways
}

/// A group stands for its sinks.
fn sinks_of(view: &View, channel: &str) -> String {
    let takes = |sink: &&Component| sink.text("Channel").as_deref() == Some(channel);
    let alone = view.of(Group::Sink).filter(takes).filter(|sink| sink.text("Group").is_none());
    let alone = alone.map(|sink| sink.name.clone());
    let groups = view.of(Group::Several).filter(takes).map(|group| {
        let of = |sink: &&Component| sink.text("Group").as_deref() == Some(&group.name);
        let members: Vec<&str> = view.of(Group::Sink).filter(of).map(|sink| sink.name.as_str()).collect();
        format!("{} ({})", group.name, members.join(", "))
    });
    alone.chain(groups).collect::<Vec<_>>().join(", ")
}
