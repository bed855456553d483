//! From a configuration that was checked to an agent that can start.

use std::collections::HashMap;
use std::time::Duration;

use flowcore::base::{Backoff, RestartPolicy};
use flowcore::ingest::agent::{AgentBuildError, ComponentKind};
use flowcore::ingest::{Agent, AgentBuilder};

use crate::Checked;
use crate::components::MultiplexingSelector;
use crate::diagnostic::Severity;
use crate::keys::{ComponentType, Section, find};
use crate::model::{AgentConfig, ComponentConfig, Group, Setting};
use crate::registry::{Registry, SettingError, Settings};

/// Why an agent cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// The configuration has no agent of this name.
    #[error("there is no agent {agent}")]
    NoAgent {
        /// The name.
        agent: String,
    },
    /// The check found errors.
    #[error("the configuration of agent {agent} has {errors} errors")]
    Bad {
        /// The agent.
        agent: String,
        /// How many.
        errors: usize,
    },
    /// Nobody makes components of this type.
    #[error("{component} has type {component_type}, which nobody makes")]
    NoFactory {
        /// The component.
        component: String,
        /// Its type.
        component_type: String,
    },
    /// A factory refused the settings.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The parts do not fit.
    #[error(transparent)]
    Build(#[from] AgentBuildError),
}

/// Makes the agent `name` of a configuration that was checked with the same registry. `grace` is how long
/// each step of its stop may take.
///
/// # Errors
/// [`AssembleError`]; a configuration in which the check found errors is refused.
///
/// ```
/// use flowcore_agent::registry::Registry;
/// use flowcore_agent::{assemble, check_files};
/// use std::time::Duration;
///
/// let text = "a1.sources = r1\na1.channels = c1\na1.sinks = k1\n\
///             a1.sources.r1.type = seq\na1.sources.r1.channels = c1\n\
///             a1.channels.c1.type = memory\na1.channels.c1.capacity = 1000\n\
///             a1.sinks.k1.type = null\na1.sinks.k1.channel = c1\n";
/// let registry = Registry::builtin();
/// let checked = check_files([("flume.conf", text.as_bytes())], Default::default(), &registry)?;
/// let agent = assemble(&checked, "a1", &registry, Duration::from_secs(30))?;
/// # let _ = agent;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn assemble(
    checked: &Checked,
    name: &str,
    registry: &Registry,
    grace: Duration,
) -> Result<Agent, AssembleError> {
    let agent =
        checked.config.agent(name).ok_or_else(|| AssembleError::NoAgent { agent: name.to_owned() })?;
    let errors = checked.about(name).filter(|said| said.severity == Severity::Error).count();
    if errors > 0 {
        return Err(AssembleError::Bad { agent: name.to_owned(), errors });
    }
    let mut builder = AgentBuilder::new(name).grace(grace).keep_going();
    for channel in agent.listed(Group::Channels) {
        let settings = Settings::new(channel, kind(channel));
        let made = registry.make_channel(type_name(channel), &settings);
        builder = builder.channel(channel.name.as_str(), made.ok_or_else(|| no_factory(channel))??);
        builder = half_connected(builder, agent, &channel.name);
    }
    for sink in agent.listed(Group::Sinks) {
        builder = add_sink(builder, sink, registry)?;
    }
    for source in agent.listed(Group::Sources) {
        builder = add_source(builder, source, registry)?;
    }
    Ok(named_types(builder, agent).build()?)
}

/// For those who watch the agent.
fn named_types(builder: AgentBuilder, agent: &AgentConfig) -> AgentBuilder {
    let groups = [
        (Group::Sources, ComponentKind::Source),
        (Group::Channels, ComponentKind::Channel),
        (Group::Sinks, ComponentKind::Sink),
    ];
    groups.into_iter().fold(builder, |builder, (group, kind)| {
        agent.listed(group).fold(builder, |builder, component| {
            builder.type_name(kind, component.name.as_str(), type_name(component))
        })
    })
}

/// Flume runs a channel that only fills, or only empties; the check has warned of it.
fn half_connected(builder: AgentBuilder, agent: &AgentConfig, channel: &str) -> AgentBuilder {
    let is_written = agent.listed(Group::Sources).any(|source| words(source, "channels").contains(&channel));
    let is_read = agent.listed(Group::Sinks).any(|sink| sink.value("channel") == Some(channel));
    let builder = if is_written { builder } else { builder.written_elsewhere(channel) };
    if is_read { builder } else { builder.read_elsewhere(channel) }
}

fn add_sink(
    builder: AgentBuilder,
    sink: &ComponentConfig,
    registry: &Registry,
) -> Result<AgentBuilder, AssembleError> {
    /// What a sink without a key for it is given at once.
    const BATCH: usize = 100;
    let settings = Settings::new(sink, kind(sink));
    let made = registry.make_sink(type_name(sink), &settings).ok_or_else(|| no_factory(sink))??;
    let batch = match kind(sink) {
        Some(kind) if kind.is_one_by_one => 1,
        kind => kind.and_then(|kind| kind.batch).map_or(Ok(BATCH), |key| settings.number(key))?,
    };
    let retry = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let builder = builder.sink(sink.name.as_str(), made).batch(batch).retry(retry).restart(for_ever());
    Ok(builder.from(sink.value("channel").unwrap_or("")))
}

fn add_source(
    builder: AgentBuilder,
    source: &ComponentConfig,
    registry: &Registry,
) -> Result<AgentBuilder, AssembleError> {
    let settings = Settings::new(source, kind(source));
    let made = registry.make_source(type_name(source), &settings).ok_or_else(|| no_factory(source))??;
    let mut builder = builder.source(source.name.as_str(), made).restart(for_ever());
    for name in words(source, "interceptors") {
        let prefix = format!("interceptors.{name}.");
        let written = source.value(&format!("{prefix}type")).unwrap_or("");
        let found = find(Section::Interceptor, written).map(|found| found.component);
        let part = Settings::part(source, found, &prefix);
        let made = registry.make_interceptor(found.map_or(written, |found| found.name), &part);
        let mut made = made.ok_or_else(|| no_factory(source))??;
        builder = builder.interceptor(move |events| made.intercept(events));
    }
    let channels = words(source, "channels");
    if is_multiplexing(source) {
        return Ok(builder.selector(multiplexing(source, &channels)).into(channels));
    }
    let optional = words(source, "selector.optional");
    let (optional, required): (Vec<&str>, Vec<&str>) =
        channels.into_iter().partition(|name| optional.contains(name));
    Ok(builder.optional(optional).into(required))
}

fn is_multiplexing(source: &ComponentConfig) -> bool {
    let written = source.value("selector.type").and_then(|name| find(Section::Selector, name));
    written.is_some_and(|found| found.component.name == "multiplexing")
}

fn multiplexing(source: &ComponentConfig, channels: &[&str]) -> MultiplexingSelector {
    let numbers = |names: Vec<&str>| -> Vec<usize> {
        names.into_iter().filter_map(|name| channels.iter().position(|channel| *channel == name)).collect()
    };
    let by_value = |prefix: &str| -> HashMap<String, Vec<usize>> {
        let keys = source.settings.iter().filter_map(|setting| setting.key().strip_prefix(prefix));
        keys.map(|value| (value.to_owned(), numbers(words(source, &format!("{prefix}{value}"))))).collect()
    };
    let header = source.value("selector.header").unwrap_or("flume.selector.header");
    let default = numbers(words(source, "selector.default"));
    MultiplexingSelector::new(
        header,
        &by_value("selector.mapping."),
        &by_value("selector.optional."),
        &default,
    )
}

/// A failed component is tried again for ever, as Flume does, with pauses up to ten seconds.
fn for_ever() -> RestartPolicy {
    RestartPolicy { max_restarts: u32::MAX, ..RestartPolicy::default() }
}

fn kind(component: &ComponentConfig) -> Option<&'static ComponentType> {
    find(component.group.section(), component.value("type")?).map(|found| found.component)
}

/// The name that the registry knows: the short one of a built-in type.
fn type_name(component: &ComponentConfig) -> &str {
    kind(component).map_or_else(|| component.value("type").unwrap_or(""), |kind| kind.name)
}

fn words<'a>(component: &'a ComponentConfig, key: &str) -> Vec<&'a str> {
    let words = component.get(key).map(Setting::words).unwrap_or_default();
    words.into_iter().map(|(word, _)| word).collect()
}

fn no_factory(component: &ComponentConfig) -> AssembleError {
    AssembleError::NoFactory { component: component.title(), component_type: type_name(component).to_owned() }
}
