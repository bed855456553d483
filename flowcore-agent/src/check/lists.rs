use super::checker::Checker;
use crate::diagnostic::{Diagnostic, nearest};
use crate::model::{ComponentConfig, Group};

impl Checker<'_> {
    /// What is listed, and what is not.
    pub(super) fn lists(&mut self) {
        for group in Group::ALL {
            for component in self.agent.of(group) {
                if self.is_full() {
                    return;
                }
                match component.listed {
                    None => self.not_listed(component),
                    Some(_) if component.name.contains(',') => self.commas(component),
                    Some(_) if component.settings.is_empty() => self.no_settings(component),
                    Some(_) => {}
                }
            }
        }
    }

    fn commas(&mut self, component: &ComponentConfig) {
        let message = format!("`{}` is one name: names are separated by blanks", component.name);
        let blanks = component.name.split(',').filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
        self.say(component, Diagnostic::error("commas", message).at(component.listed).suggest(Some(blanks)));
    }

    fn no_settings(&mut self, component: &ComponentConfig) {
        let others = self.agent.of(component.group).filter(|other| other.listed.is_none());
        let near = nearest(&component.name, others.map(|other| other.name.as_str()));
        let error = Diagnostic::error("no-keys", format!("{} is listed, but has no keys", component.title()));
        let help = format!("its keys begin with {}.", self.path(component));
        self.say(component, error.at(component.listed).suggest(near).help(help));
    }

    fn not_listed(&mut self, component: &ComponentConfig) {
        let list = format!("{}.{}", self.agent.name, component.group.as_str());
        let listed = self.agent.listed(component.group);
        let is_in_commas =
            listed.clone().any(|other| other.name.split(',').any(|name| name == component.name));
        let Some(first) = component.settings.first().filter(|_| !is_in_commas) else { return };
        let near = nearest(&component.name, listed.map(|other| other.name.as_str()));
        let name = first.span_of_key(name_in(first.full_key()));
        let message = format!("{} is declared, but not listed in {list}", component.title());
        self.say(component, Diagnostic::warning("not-listed", message).at(name).suggest(near));
    }
}

/// The component's name in a whole key.
fn name_in(key: &str) -> &str {
    key.split('.').nth(2).unwrap_or(key)
}
