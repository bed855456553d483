use std::collections::HashMap;

use super::{Options, Surroundings};
use crate::diagnostic::{Diagnostic, Severity};
use crate::keys::ComponentType;
use crate::model::{AgentConfig, ComponentConfig, Group};

/// So much is said about one agent; who reads that far has enough to do.
const MOST: usize = 1_000;

/// Collects what is to be said about one agent.
pub(super) struct Checker<'a> {
    pub(super) agent: &'a AgentConfig,
    pub(super) options: Options,
    pub(super) surroundings: &'a dyn Surroundings,
    pub(super) said: Vec<Diagnostic>,
    /// The built-in types that were found.
    types: HashMap<(Group, &'a str), &'static ComponentType>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(agent: &'a AgentConfig, options: Options, surroundings: &'a dyn Surroundings) -> Self {
        Self { agent, options, surroundings, said: Vec::new(), types: HashMap::new() }
    }

    /// Whether enough was said.
    pub(super) fn is_full(&self) -> bool {
        self.said.len() >= MOST
    }

    pub(super) fn path(&self, component: &ComponentConfig) -> String {
        format!("{}.{}.{}", self.agent.name, component.group.as_str(), component.name)
    }

    /// What nobody lists is ignored by Flume: nothing about it is an error.
    pub(super) fn say(&mut self, component: &ComponentConfig, mut diagnostic: Diagnostic) {
        if component.listed.is_none() {
            diagnostic.severity = diagnostic.severity.min(Severity::Warning);
        }
        let path = self.path(component);
        self.said.push(diagnostic.of(path));
    }

    /// What is an error only when nothing is let pass.
    pub(super) fn strictly(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        if self.options.strict {
            Diagnostic::error(code, message)
        } else {
            Diagnostic::warning(code, message)
        }
    }

    pub(super) fn set_type(&mut self, component: &'a ComponentConfig, found: &'static ComponentType) {
        self.types.insert((component.group, &component.name), found);
    }

    /// The built-in type of a component.
    pub(super) fn type_of(&self, component: &ComponentConfig) -> Option<&'static ComponentType> {
        self.types.get(&(component.group, component.name.as_str())).copied()
    }

    /// The components of a group that are of a built-in type, with it; also those that nobody lists.
    pub(super) fn declared(&self, group: Group) -> Vec<(&'a ComponentConfig, &'static ComponentType)> {
        self.agent.of(group).filter_map(|c| Some((c, self.type_of(c)?))).collect()
    }

    /// The components of a group that are of a built-in type, with it.
    pub(super) fn typed(&self, group: Group) -> Vec<(&'a ComponentConfig, &'static ComponentType)> {
        self.agent.listed(group).filter_map(|c| Some((c, self.type_of(c)?))).collect()
    }

    /// Whether something is wrong with a component.
    pub(super) fn is_bad(&self, component: &ComponentConfig) -> bool {
        let path = self.path(component);
        self.said.iter().any(|d| d.severity == Severity::Error && d.component.as_deref() == Some(&path))
    }

    /// The value of a key, or its default.
    pub(super) fn value(&self, component: &'a ComponentConfig, key: &str) -> Option<&'a str> {
        component.value(key).or_else(|| self.type_of(component)?.default_of(key))
    }

    /// A number that was written or is the default; none if it is no number.
    pub(super) fn number(&self, component: &'a ComponentConfig, key: &str) -> Option<i64> {
        self.value(component, key)?.parse().ok()
    }
}
