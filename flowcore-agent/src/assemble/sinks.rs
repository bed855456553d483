use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::ingest::AgentBuilder;

use super::{AssembleError, for_ever, kind, no_factory, no_factory_of, part_type, type_name, words};
use crate::keys::Section;
use crate::model::{AgentConfig, ComponentConfig, Group};
use crate::registry::{BoxedPolicy, Registry, Settings};

/// The sinks in groups, then those that are alone.
pub(super) fn add(
    mut builder: AgentBuilder,
    agent: &AgentConfig,
    registry: &Registry,
) -> Result<AgentBuilder, AssembleError> {
    let mut in_groups: Vec<&str> = Vec::new();
    for group in agent.listed(Group::SinkGroups) {
        let Some(policy) = processor(group, registry)? else { continue };
        let names = members(group);
        builder = add_group(builder, agent, group, policy, registry)?;
        in_groups.extend(names);
    }
    for sink in agent.listed(Group::Sinks).filter(|sink| !in_groups.contains(&sink.name.as_str())) {
        let made = make(sink, registry)?;
        let new = builder.sink(sink.name.as_str(), made).batch(batch(sink, registry)?);
        builder = new.retry(retry()).restart(for_ever()).from(sink.value("channel").unwrap_or(""));
    }
    Ok(builder)
}

/// Its sinks are given as many events as the one that takes the fewest.
fn add_group(
    builder: AgentBuilder,
    agent: &AgentConfig,
    group: &ComponentConfig,
    policy: BoxedPolicy,
    registry: &Registry,
) -> Result<AgentBuilder, AssembleError> {
    let sinks: Vec<&ComponentConfig> =
        members(group).into_iter().filter_map(|name| agent.get(Group::Sinks, name)).collect();
    let mut builder = builder.sink_group(name_of(group, agent), policy).retry(retry()).restart(for_ever());
    let mut smallest = usize::MAX;
    for sink in &sinks {
        builder = builder.sink(sink.name.as_str(), make(sink, registry)?);
        smallest = smallest.min(batch(sink, registry)?);
    }
    let channel = sinks.first().and_then(|sink| sink.value("channel")).unwrap_or("");
    Ok(builder.batch(smallest).from(channel))
}

/// What decides which sink of a group delivers; nothing where the sink is as good as alone.
pub(crate) fn processor(
    group: &ComponentConfig,
    registry: &Registry,
) -> Result<Option<BoxedPolicy>, AssembleError> {
    let written = group.value("processor.type").unwrap_or("default");
    let (kind, name) = part_type(Section::SinkProcessor, written);
    if kind.is_some_and(|kind| kind.name == "default") {
        return Ok(None);
    }
    let settings = Settings::new(group, None, registry).of_part(kind, "processor.");
    let made = registry.make_sink_processor(name, &settings, &members(group));
    Ok(Some(made.ok_or_else(|| no_factory_of(group, written))??))
}

/// The names of a group's sinks, each once.
fn members(group: &ComponentConfig) -> Vec<&str> {
    let mut names = Vec::new();
    for name in words(group, "sinks") {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A group may have the name of a sink in Flume; here they stand in one list.
fn name_of(group: &ComponentConfig, agent: &AgentConfig) -> String {
    match agent.get(Group::Sinks, &group.name) {
        Some(_) => format!("sink group {}", group.name),
        None => group.name.clone(),
    }
}

fn make(sink: &ComponentConfig, registry: &Registry) -> Result<crate::registry::MakeSink, AssembleError> {
    let settings = Settings::new(sink, kind(sink), registry);
    let made = registry.make_sink(type_name(sink), &settings);
    Ok(made.ok_or_else(|| no_factory(sink))??)
}

fn batch(sink: &ComponentConfig, registry: &Registry) -> Result<usize, AssembleError> {
    /// What a sink without a key for it is given at once.
    const BATCH: usize = 100;
    let settings = Settings::new(sink, kind(sink), registry);
    match kind(sink) {
        Some(kind) if kind.is_one_by_one => Ok(1),
        kind => Ok(kind.and_then(|kind| kind.batch).map_or(Ok(BATCH), |key| settings.number(key))?),
    }
}

fn retry() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(5))
}
