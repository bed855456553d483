use super::Setting;
use crate::diagnostic::Span;
use crate::keys::Section;

/// All agents of a configuration, in the order in which they are first named.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The agents.
    pub agents: Vec<AgentConfig>,
}

/// An agent.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// Its name.
    pub name: String,
    /// Where it is first named.
    pub span: Span,
    /// The lists of its components, such as `a1.sources`.
    pub lists: Vec<(Group, Setting)>,
    /// The components that are listed or have keys: listed ones first, in the order of their list.
    pub components: Vec<ComponentConfig>,
}

/// A component.
#[derive(Debug, Clone)]
pub struct ComponentConfig {
    /// What it is.
    pub group: Group,
    /// Its name.
    pub name: String,
    /// Where its list names it.
    pub listed: Option<Span>,
    /// Its keys, in the order of the file.
    pub settings: Vec<Setting>,
}

/// The five lists of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `configfilters`
    ConfigFilters,
    /// `channels`
    Channels,
    /// `sources`
    Sources,
    /// `sinks`
    Sinks,
    /// `sinkgroups`
    SinkGroups,
}

impl Group {
    /// All of them, in the order in which they are checked.
    pub const ALL: [Self; 5] =
        [Self::ConfigFilters, Self::Channels, Self::Sources, Self::Sinks, Self::SinkGroups];

    /// The word in a key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigFilters => "configfilters",
            Self::Channels => "channels",
            Self::Sources => "sources",
            Self::Sinks => "sinks",
            Self::SinkGroups => "sinkgroups",
        }
    }

    /// One of them, for messages.
    pub fn singular(self) -> &'static str {
        match self {
            Self::ConfigFilters => "config filter",
            Self::Channels => "channel",
            Self::Sources => "source",
            Self::Sinks => "sink",
            Self::SinkGroups => "sink group",
        }
    }

    /// What the types of its components are.
    pub fn section(self) -> Section {
        match self {
            Self::ConfigFilters => Section::ConfigFilter,
            Self::Channels => Section::Channel,
            Self::Sources => Section::Source,
            Self::Sinks => Section::Sink,
            Self::SinkGroups => Section::SinkProcessor,
        }
    }

    /// The one with this word, in exactly this case.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == word)
    }
}

impl Config {
    /// The agent with this name.
    pub fn agent(&self, name: &str) -> Option<&AgentConfig> {
        self.agents.iter().find(|agent| agent.name == name)
    }
}

impl AgentConfig {
    /// The components of a group.
    pub fn of(&self, group: Group) -> impl Iterator<Item = &ComponentConfig> + Clone {
        self.components.iter().filter(move |component| component.group == group)
    }

    /// The components of a group that its list names: those that Flume looks at.
    pub fn listed(&self, group: Group) -> impl Iterator<Item = &ComponentConfig> + Clone {
        self.of(group).filter(|component| component.listed.is_some())
    }

    /// A component.
    pub fn get(&self, group: Group, name: &str) -> Option<&ComponentConfig> {
        self.of(group).find(|component| component.name == name)
    }
}

impl ComponentConfig {
    /// A setting that is not empty.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key() == key && !setting.value().is_empty())
    }

    /// The value of a key, if it is not empty.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(Setting::value)
    }

    /// What it is called in messages: `source r1`.
    pub fn title(&self) -> String {
        format!("{} {}", self.group.singular(), self.name)
    }
}
