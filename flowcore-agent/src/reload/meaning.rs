use std::collections::{BTreeMap, BTreeSet};

use crate::Checked;
use crate::diagnostic::Span;
use crate::keys::{ComponentType, Key, Kind, find};
use crate::model::{AgentConfig, ComponentConfig, Group, Setting};

/// What a configuration says about an agent, without how it is written: comments, order of keys, defaults that
/// are spelt out, other names of a type, and keys that nobody knows make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    pub(super) channels: Components,
    pub(super) sources: Components,
    /// Those of no group.
    pub(super) sinks: Components,
    pub(super) groups: BTreeMap<String, SinkGroup>,
}

/// The settings of components by their names.
pub(super) type Components = BTreeMap<String, Settings>;

/// Keys and values.
pub(super) type Settings = BTreeMap<String, String>;

/// A group and the sinks in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SinkGroup {
    pub(super) settings: Settings,
    pub(super) members: Components,
}

impl Meaning {
    /// What is said about the agent `name`; none if there is no such agent.
    pub fn of(checked: &Checked, name: &str) -> Option<Self> {
        let agent = checked.config.agent(name)?;
        let unknown = checked.diagnostics.iter().filter(|said| said.code == "unknown-key");
        let reader = Reader { agent, unknown: unknown.filter_map(|said| said.span).collect() };
        Some(reader.read())
    }
}

struct Reader<'a> {
    agent: &'a AgentConfig,
    /// Where keys stand that nobody reads.
    unknown: BTreeSet<Span>,
}

impl Reader<'_> {
    fn read(&self) -> Meaning {
        let mut sinks = self.all(Group::Sinks);
        let groups = self.agent.listed(Group::SinkGroups).map(|group| {
            let members = words(group.value("sinks").unwrap_or(""));
            let members = members.filter_map(|name| sinks.remove_entry(name)).collect();
            (group.name.clone(), SinkGroup { settings: self.settings(group), members })
        });
        let groups = groups.collect();
        Meaning { channels: self.all(Group::Channels), sources: self.all(Group::Sources), sinks, groups }
    }

    fn all(&self, group: Group) -> Components {
        self.agent.listed(group).map(|component| (component.name.clone(), self.settings(component))).collect()
    }

    fn settings(&self, component: &ComponentConfig) -> Settings {
        let kind = kind(component);
        let written = component.settings.iter().filter(|setting| !self.is_nothing(setting));
        let pairs = written.filter_map(|setting| meant(kind, setting));
        pairs.collect()
    }

    fn is_nothing(&self, setting: &Setting) -> bool {
        let span = setting.span();
        let is_within = |unknown: &Span| {
            unknown.file == span.file
                && unknown.start.line == span.start.line
                && unknown.start.column >= span.start.column
                && unknown.start.column < span.start.column + span.length.max(1)
        };
        setting.value().is_empty() || self.unknown.iter().any(is_within)
    }
}

fn kind(component: &ComponentConfig) -> Option<&'static ComponentType> {
    // A group may have no type of its own: its processor has one.
    find(component.group.section(), component.value("type")?).map(|found| found.component)
}

/// A key and what its value means; none if it says what holds anyway.
fn meant(kind: Option<&'static ComponentType>, setting: &Setting) -> Option<(String, String)> {
    let key = setting.key();
    let known = kind.and_then(|kind| kind.key(key));
    if known.is_some_and(|known| known.default == Some(setting.value())) {
        return None;
    }
    let value = match kind {
        Some(kind) if key == "type" => kind.name.to_owned(),
        _ => known.map_or_else(|| setting.value().to_owned(), |known| value(known, setting.value())),
    };
    Some((key.to_owned(), value))
}

fn value(key: &Key, written: &str) -> String {
    match key.kind {
        Kind::Words | Kind::Named(_) | Kind::Ports => words(written).collect::<Vec<_>>().join(" "),
        Kind::Bool => written.to_ascii_lowercase(),
        Kind::Type(section) => {
            find(section, written).map_or(written, |found| found.component.name).to_owned()
        }
        _ => written.to_owned(),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}
