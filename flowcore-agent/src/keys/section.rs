use super::key::{Key, Kind, key};

/// What kind of thing a type name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// A source.
    Source,
    /// A channel.
    Channel,
    /// A sink.
    Sink,
    /// How the sinks of a group share the work.
    SinkProcessor,
    /// Which channels an event goes to.
    Selector,
    /// What changes events between source and channels.
    Interceptor,
    /// How events become bytes.
    Serializer,
    /// How bytes become events.
    Deserializer,
    /// How a request becomes events.
    HttpHandler,
    /// How files are named.
    PathManager,
    /// Where values come from.
    ConfigFilter,
    /// What the extractor makes of a group.
    ExtractorSerializer,
}

const SOURCE: &[Key] = &[
    key("type", Kind::Text).needed(),
    key("channels", Kind::Words).needed(),
    key("selector.type", Kind::Type(Section::Selector)).or("replicating"),
    key("interceptors", Kind::Named(Section::Interceptor)),
    CONFIG,
];
const SINK: &[Key] = &[key("type", Kind::Text).needed(), key("channel", Kind::Text).needed(), CONFIG];
const TYPED: &[Key] = &[key("type", Kind::Text).needed(), CONFIG];
const GROUP: &[Key] = &[
    key("sinks", Kind::Words).needed(),
    key("processor.type", Kind::Type(Section::SinkProcessor)).or("default"),
    key("processor.sinks", Kind::Words)
        .refused("the sinks of a group stand under `sinks`, not under `processor.sinks`"),
];
const NAMED: &[Key] = &[key("type", Kind::Text).needed()];
const EXTRACTED: &[Key] = &[key("type", Kind::Text).or("DEFAULT"), key("name", Kind::Text).needed()];
const CONFIG: Key = key("config", Kind::Text).idle("no component has a configuration class of its own");

impl Section {
    /// The keys that every component of this kind has.
    pub fn common_keys(self) -> &'static [Key] {
        match self {
            Self::Source => SOURCE,
            Self::Channel | Self::ConfigFilter => TYPED,
            Self::Sink => SINK,
            Self::SinkProcessor => GROUP,
            Self::Interceptor => NAMED,
            Self::ExtractorSerializer => EXTRACTED,
            Self::Selector
            | Self::Serializer
            | Self::Deserializer
            | Self::HttpHandler
            | Self::PathManager => &[],
        }
    }

    /// What it is called in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Channel => "channel",
            Self::Sink => "sink",
            Self::SinkProcessor => "sink processor",
            Self::Selector => "channel selector",
            Self::Interceptor => "interceptor",
            Self::Serializer => "event serializer",
            Self::Deserializer => "deserializer",
            Self::HttpHandler => "http handler",
            Self::PathManager => "path manager",
            Self::ConfigFilter => "config filter",
            Self::ExtractorSerializer => "extractor serializer",
        }
    }
}
