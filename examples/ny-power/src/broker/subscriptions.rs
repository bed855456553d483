//! Who asked for which topics: a tree by levels, so that a message costs what matches it.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::packet::Options;

/// Names a session as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionId(pub(super) u64);

/// Whether a member of a group can have a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Away,
    /// It may not read the topic.
    Barred,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<String, Node>,
    subscribers: Vec<(SessionId, Options)>,
    groups: HashMap<String, Group>,
}

/// Sessions that share messages: each goes to one of them.
#[derive(Debug, Default)]
struct Group {
    members: Vec<(SessionId, Options)>,
    turn: usize,
}

/// Who gets a message.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// A session stands here once for each of its subscriptions.
    pub(super) subscribers: Vec<(SessionId, Options)>,
    /// One of each group.
    pub(super) shared: Vec<(SessionId, Options)>,
}

impl Subscriptions {
    /// Adds one, or gives it other options. Whether it is new.
    pub(super) fn insert(
        &mut self,
        filter: &str,
        group: Option<&str>,
        id: SessionId,
        options: Options,
    ) -> bool {
        let mut node = &mut self.root;
        for level in filter.split('/') {
            node = node.children.entry(level.to_owned()).or_default();
        }
        let list = match group {
            Some(group) => &mut node.groups.entry(group.to_owned()).or_default().members,
            None => &mut node.subscribers,
        };
        if let Some((_, old)) = list.iter_mut().find(|(known, _)| *known == id) {
            *old = options;
            return false;
        }
        list.push((id, options));
        true
    }

    /// Takes one out, and the levels that nobody asks for any more.
    pub(super) fn remove(&mut self, filter: &str, group: Option<&str>, id: SessionId) {
        self.root.remove(&mut filter.split('/'), group, id);
    }

    /// Who gets a message of this topic. In a group, whose turn it is among those who are here.
    pub(super) fn matching(
        &mut self,
        topic: &str,
        presence: &dyn Fn(SessionId) -> Presence,
        found: &mut Matches,
    ) {
        let levels: SmallVec<[&str; 16]> = topic.split('/').collect();
        self.root.collect(&levels, topic.starts_with('$'), presence, found);
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.root.is_idle()
    }
}

impl Node {
    fn remove<'a>(&mut self, levels: &mut impl Iterator<Item = &'a str>, group: Option<&str>, id: SessionId) {
        if let Some(level) = levels.next() {
            let Some(child) = self.children.get_mut(level) else { return };
            child.remove(levels, group, id);
            if child.is_idle() {
                self.children.remove(level);
            }
            return;
        }
        let Some(group) = group else { return self.subscribers.retain(|(known, _)| *known != id) };
        let Some(shared) = self.groups.get_mut(group) else { return };
        shared.members.retain(|(known, _)| *known != id);
        if shared.members.is_empty() {
            self.groups.remove(group);
        }
    }

    fn is_idle(&self) -> bool {
        self.children.is_empty() && self.subscribers.is_empty() && self.groups.is_empty()
    }

    fn collect(
        &mut self,
        levels: &[&str],
        reserved: bool,
        presence: &dyn Fn(SessionId) -> Presence,
        found: &mut Matches,
    ) {
        if !reserved && let Some(rest) = self.children.get_mut("#") {
            rest.give(presence, found);
        }
        let Some((level, rest)) = levels.split_first() else { return self.give(presence, found) };
        if !reserved && let Some(any) = self.children.get_mut("+") {
            any.collect(rest, false, presence, found);
        }
        if let Some(child) = self.children.get_mut(*level) {
            child.collect(rest, false, presence, found);
        }
    }

    fn give(&mut self, presence: &dyn Fn(SessionId) -> Presence, found: &mut Matches) {
        found.subscribers.extend_from_slice(&self.subscribers);
        found.shared.extend(self.groups.values_mut().filter_map(|group| group.next(presence)));
    }
}

impl Group {
    /// Whose turn it is: who is here goes before who is away.
    fn next(&mut self, presence: &dyn Fn(SessionId) -> Presence) -> Option<(SessionId, Options)> {
        let (turn, count) = (self.turn, self.members.len());
        let members = &self.members;
        let find = |wanted| {
            let mut order = (0..count).map(|step| (turn + step) % count);
            order.find(|index| presence(members[*index].0) == wanted)
        };
        let index = find(Presence::Here).or_else(|| find(Presence::Away))?;
        let member = self.members[index];
        self.turn = (index + 1) % count;
        Some(member)
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;
    use mqtt_protocol_core::mqtt::packet::{Qos, RetainHandling};

    use super::*;
    use crate::broker::topic::{is_filter, matches};

    const OPTIONS: Options = Options {
        qos: Qos::AtMostOnce,
        no_local: false,
        retain_as_published: false,
        retain_handling: RetainHandling::SendRetained,
        identifier: None,
    };

    fn here(_: SessionId) -> Presence {
        Presence::Here
    }

    fn random_topic(random: &mut Random, levels: &[&str]) -> String {
        let depth = 1 + random.index(4);
        let levels: Vec<&str> = (0..depth).map(|_| levels[random.index(levels.len())]).collect();
        levels.join("/")
    }

    #[test]
    fn the_tree_finds_what_one_filter_after_the_other_finds() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let mut tree = Subscriptions::default();
            let mut list: Vec<(String, SessionId)> = Vec::new();
            for _ in 0..60 {
                let filter = random_topic(&mut random, &["a", "b", "+", "#", "$x", ""]);
                let id = SessionId(random.below(4));
                if !is_filter(&filter, 100, 10) {
                    continue;
                }
                if random.percent(30) {
                    tree.remove(&filter, None, id);
                    list.retain(|known| *known != (filter.clone(), id));
                } else if tree.insert(&filter, None, id, OPTIONS) {
                    list.push((filter, id));
                }
                let topic = random_topic(&mut random, &["a", "b", "$x", ""]);
                let mut found = Matches::default();
                tree.matching(&topic, &here, &mut found);
                let mut found: Vec<_> = found.subscribers.into_iter().map(|(id, _)| id).collect();
                let wanted = list.iter().filter(|(filter, _)| matches(filter, &topic));
                let mut wanted: Vec<_> = wanted.map(|(_, id)| *id).collect();
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "seed {seed}, {topic:?} among {list:?}");
            }
            for (filter, id) in list {
                tree.remove(&filter, None, id);
            }
            assert!(tree.is_empty(), "seed {seed}");
        }
    }

    #[test]
    fn a_group_takes_turns_and_prefers_who_is_here() {
        let mut tree = Subscriptions::default();
        for id in 0..3 {
            tree.insert("a/#", Some("g"), SessionId(id), OPTIONS);
        }
        let mut take = |presence: &dyn Fn(SessionId) -> Presence| {
            let mut found = Matches::default();
            tree.matching("a/b", presence, &mut found);
            found.shared.first().map(|(id, _)| id.0)
        };
        assert_eq!(
            [take(&here), take(&here), take(&here), take(&here)],
            [Some(0), Some(1), Some(2), Some(0)]
        );
        let only_two = |id: SessionId| if id.0 == 2 { Presence::Here } else { Presence::Away };
        assert_eq!([take(&only_two), take(&only_two)], [Some(2), Some(2)]);
        assert_eq!(take(&|_| Presence::Away), Some(0));
        assert_eq!(take(&|_| Presence::Barred), None);
    }
}
