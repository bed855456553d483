//! From a configuration that was checked to an agent that can start.

mod sinks;
mod sources;

use std::collections::HashSet;
use std::time::Duration;

use flowcore::base::RestartPolicy;
use flowcore::ingest::agent::{AgentBuildError, ComponentKind};
use flowcore::ingest::{Agent, AgentBuilder};

use crate::Checked;
use crate::diagnostic::Severity;
use crate::keys::{ComponentType, Section, find};
use crate::model::{AgentConfig, ComponentConfig, Group, Setting};
use crate::registry::{Registry, SettingError, Settings};

pub(crate) use sinks::processor;
pub(crate) use sources::{interceptor, selector};

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
    #[error("the configuration of agent {agent} has {errors} {}", if *errors == 1 { "error" } else { "errors" })]
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
    let builder = AgentBuilder::new(name).grace(grace).keep_going();
    build(builder, agent, registry).map_err(|error| match error {
        AssembleError::Setting(error) => error.placed(agent, &checked.files).into(),
        other => other,
    })
}

fn build(
    mut builder: AgentBuilder,
    agent: &AgentConfig,
    registry: &Registry,
) -> Result<Agent, AssembleError> {
    let written: HashSet<&str> =
        agent.listed(Group::Sources).flat_map(|source| words(source, "channels")).collect();
    let read: HashSet<&str> = agent.listed(Group::Sinks).filter_map(|sink| sink.value("channel")).collect();
    for channel in agent.listed(Group::Channels) {
        let name = channel.name.as_str();
        builder = add_channel(builder, channel, registry)?;
        // Flume runs a channel that only fills, or only empties; the check has warned of it.
        builder = if written.contains(name) { builder } else { builder.written_elsewhere(name) };
        builder = if read.contains(name) { builder } else { builder.read_elsewhere(name) };
    }
    builder = sinks::add(builder, agent, registry)?;
    for source in agent.listed(Group::Sources) {
        builder = sources::add(builder, source, registry)?;
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

fn add_channel(
    builder: AgentBuilder,
    channel: &ComponentConfig,
    registry: &Registry,
) -> Result<AgentBuilder, AssembleError> {
    let settings = Settings::new(channel, kind(channel), registry);
    let made = registry.make_channel(type_name(channel), &settings);
    Ok(builder.channel(channel.name.as_str(), made.ok_or_else(|| no_factory(channel))??))
}

/// A failed component is tried again for ever, as Flume does, with pauses up to ten seconds.
fn for_ever() -> RestartPolicy {
    RestartPolicy { max_restarts: u32::MAX, ..RestartPolicy::default() }
}

pub(crate) fn kind(component: &ComponentConfig) -> Option<&'static ComponentType> {
    find(component.group.section(), component.value("type")?).map(|found| found.component)
}

/// The name that the registry knows: the short one of a built-in type.
pub(crate) fn type_name(component: &ComponentConfig) -> &str {
    kind(component).map_or_else(|| component.value("type").unwrap_or(""), |kind| kind.name)
}

/// The type of a part that has `written` as its type, and the name that the registry knows.
fn part_type(section: Section, written: &str) -> (Option<&'static ComponentType>, &str) {
    let kind = find(section, written).map(|found| found.component);
    (kind, kind.map_or(written, |kind| kind.name))
}

pub(crate) fn words<'a>(component: &'a ComponentConfig, key: &str) -> Vec<&'a str> {
    let words = component.get(key).map(Setting::words).unwrap_or_default();
    words.into_iter().map(|(word, _)| word).collect()
}

fn no_factory(component: &ComponentConfig) -> AssembleError {
    no_factory_of(component, type_name(component))
}

fn no_factory_of(component: &ComponentConfig, component_type: &str) -> AssembleError {
    AssembleError::NoFactory { component: component.title(), component_type: component_type.to_owned() }
}
