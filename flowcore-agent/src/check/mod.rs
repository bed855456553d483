//! What is wrong with an agent, and what to do about it. Nothing is opened and nothing is run.

mod advice;
mod batches;
mod checker;
mod disk_channels;
mod encryption;
mod groups;
mod headers;
mod hosts;
mod ip_filter;
mod lists;
mod own_places;
mod ports;
mod settings;
mod summary;
mod surroundings;
mod tls;
mod trial;
mod types;
mod values;
mod wiring;

use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::model::{AgentConfig, Config, Group};
use checker::Checker;

pub use summary::{ComponentSummary, Summary, summarise};
pub use surroundings::{NothingElse, Surroundings};

/// How much is let pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Unknown and doubled keys are errors.
    pub strict: bool,
    /// A source may name channels that are not there, as long as one is.
    pub lenient: bool,
}

/// Checks all agents of a configuration.
pub fn check(config: &Config, options: Options, surroundings: &dyn Surroundings) -> Vec<Diagnostic> {
    config.agents.iter().flat_map(|agent| check_agent(config, agent, options, surroundings)).collect()
}

fn check_agent(
    config: &Config,
    agent: &AgentConfig,
    options: Options,
    surroundings: &dyn Surroundings,
) -> Vec<Diagnostic> {
    let mut checker = Checker::new(agent, options, surroundings);
    checker.lists();
    for group in Group::ALL {
        for component in agent.of(group) {
            if !checker.is_full() {
                checker.component(component);
            }
        }
    }
    let steps = [
        Checker::wiring,
        Checker::groups,
        Checker::batches,
        Checker::ports,
        Checker::tls,
        Checker::ip_filters,
        Checker::advice,
        Checker::encryption,
        Checker::disk_channels,
        Checker::own_places,
        Checker::headers,
        Checker::trial,
    ];
    for step in steps {
        if !checker.is_full() {
            step(&mut checker);
        }
    }
    let is_full = checker.is_full();
    let mut said = checker.said;
    if is_full {
        let message = format!("too much is wrong with agent {}: the rest was not checked", agent.name);
        said.push(Diagnostic::error("too-much", message).at(agent.span).of(agent.name.clone()));
    }
    said.extend(nothing_to_run(config, agent, &said));
    said
}

/// An agent needs a channel, and a source or a sink.
fn nothing_to_run(config: &Config, agent: &AgentConfig, said: &[Diagnostic]) -> Option<Diagnostic> {
    let is_valid = |group: Group, name: &str| {
        let path = format!("{}.{}.{name}", agent.name, group.as_str());
        !said.iter().any(|d| d.severity == Severity::Error && d.component.as_deref() == Some(&path))
    };
    let has = |group| agent.listed(group).any(|component| is_valid(group, &component.name));
    let missing = match (has(Group::Channels), has(Group::Sources) || has(Group::Sinks)) {
        (true, true) => return None,
        (false, _) => "no valid channel",
        (true, false) => "neither a valid source nor a valid sink",
    };
    let others = config.agents.iter().map(|other| other.name.as_str()).filter(|name| *name != agent.name);
    let error = Diagnostic::error("nothing-to-run", format!("agent {} has {missing}", agent.name));
    let error = error.at(agent.span).of(agent.name.clone());
    // A name that nobody lists anything for is probably a slip.
    let near = nearest(&agent.name, others).filter(|_| agent.lists.is_empty());
    Some(error.suggest(near).help("Flume removes the whole agent"))
}
