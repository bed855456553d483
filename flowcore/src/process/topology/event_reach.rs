use super::{Node, StreamName};

/// Which components hear of watermarks: those with an input that has event time. A stream has it of its own,
/// or passes on what its component hears.
pub(crate) struct EventReach(Vec<bool>);

impl EventReach {
    pub(crate) fn of<'a>(nodes: impl Iterator<Item = Option<&'a dyn Node>>) -> Self {
        let inputs: Vec<Vec<StreamName>> =
            nodes.map(|node| node.map(Node::upstream).unwrap_or_default()).collect();
        let mut reach = Self(vec![false; inputs.len()]);
        // Components are declared in any order: until nothing changes.
        loop {
            let hears: Vec<bool> =
                inputs.iter().map(|inputs| inputs.iter().any(|stream| reach.stream(stream))).collect();
            if hears == reach.0 {
                return reach;
            }
            reach.0 = hears;
        }
    }

    /// Whether a stream carries watermarks.
    pub(crate) fn stream(&self, stream: &StreamName) -> bool {
        stream.has_event_time() || self.node(stream.node.index)
    }

    /// Whether a component hears of watermarks.
    pub(crate) fn node(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}
