use std::collections::HashMap;
use std::sync::Arc;

use super::agent::{AgentConfig, ComponentConfig, Config, Group};
use super::setting::Setting;
use crate::diagnostic::{Diagnostic, nearest};
use crate::properties::{Entry, Properties};

/// Sorts the entries by agent and component. `value` gives what an entry's value is after references were
/// resolved.
pub fn build(properties: &Properties, value: impl Fn(&Entry) -> String) -> (Config, Vec<Diagnostic>) {
    let mut building = Building::default();
    let names = agent_names(properties);
    for entry in properties.entries() {
        building.add(entry, &value(entry), &names);
    }
    building.finish()
}

#[derive(Default)]
struct Building {
    config: Config,
    agents: HashMap<String, usize>,
    /// Agent, group and name of a component: where it is.
    components: HashMap<(usize, Group, String), usize>,
    said: Vec<Diagnostic>,
}

impl Building {
    fn add(&mut self, entry: &Entry, value: &str, names: &[&str]) {
        let key = entry.key.trimmed();
        let Some((agent, rest)) = key.split_once('.').filter(|(agent, _)| !agent.is_empty()) else {
            return self.said.push(no_agent(entry, names));
        };
        if rest.is_empty() {
            let message = format!("nothing follows the agent's name in `{key}`");
            let warning = Diagnostic::warning("no-property", message).at(entry.key.span());
            return self.said.push(warning.help("Flume ignores this key").of(agent));
        }
        let (word, rest) = rest.split_once('.').map_or((rest, None), |(word, rest)| (word, Some(rest)));
        let Some(group) = Group::of(word) else { return self.said.push(unknown_word(entry, word).of(agent)) };
        match rest {
            None => self.add_list(entry, agent, group, value),
            Some(rest) => match rest.split_once('.') {
                Some((name, own)) if !name.is_empty() && !own.is_empty() => {
                    let setting = Setting::new(Arc::new(entry.clone()), key.len() - own.len(), value);
                    self.component(entry, agent, group, name).settings.push(setting);
                }
                _ => self.said.push(no_key(entry, group, rest).of(agent)),
            },
        }
    }

    fn add_list(&mut self, entry: &Entry, agent: &str, group: Group, value: &str) {
        let list = Setting::new(Arc::new(entry.clone()), agent.len() + 1, value);
        if list.value().is_empty() {
            let message = format!("the empty value of `{}` is ignored", list.full_key());
            self.said.push(Diagnostic::warning("empty-value", message).at(list.span()).of(agent));
            return;
        }
        let at = self.agent(entry, agent);
        self.config.agents[at].lists.push((group, list));
    }

    fn agent(&mut self, entry: &Entry, name: &str) -> usize {
        if let Some(&at) = self.agents.get(name) {
            return at;
        }
        let span = entry.key.span_of_part(&entry.key.trimmed()[..name.len()]);
        let (lists, components) = (Vec::new(), Vec::new());
        self.config.agents.push(AgentConfig { name: name.to_owned(), span, lists, components });
        self.agents.insert(name.to_owned(), self.config.agents.len() - 1);
        self.config.agents.len() - 1
    }

    fn component(&mut self, entry: &Entry, agent: &str, group: Group, name: &str) -> &mut ComponentConfig {
        let at = self.agent(entry, agent);
        let components = &mut self.config.agents[at].components;
        let place = *self.components.entry((at, group, name.to_owned())).or_insert_with(|| {
            let (listed, settings) = (None, Vec::new());
            components.push(ComponentConfig { group, name: name.to_owned(), listed, settings });
            components.len() - 1
        });
        &mut components[place]
    }

    /// Puts the listed components first, in the order of their lists.
    fn finish(mut self) -> (Config, Vec<Diagnostic>) {
        for (at, agent) in self.config.agents.iter_mut().enumerate() {
            let mut components: Vec<Option<ComponentConfig>> = agent.components.drain(..).map(Some).collect();
            let mut seen: HashMap<(Group, String), usize> = HashMap::new();
            for (group, list) in &agent.lists {
                for (name, span) in list.words() {
                    if let Some(&first) = seen.get(&(*group, name.to_owned())) {
                        self.said
                            .push(listed_twice(&agent.components[first], list, span).of(agent.name.as_str()));
                        continue;
                    }
                    let known = self.components.get(&(at, *group, name.to_owned()));
                    let component = known.and_then(|&place| components[place].take());
                    let mut component = component.unwrap_or_else(|| ComponentConfig {
                        group: *group,
                        name: name.to_owned(),
                        listed: None,
                        settings: Vec::new(),
                    });
                    component.listed = Some(span);
                    seen.insert((*group, name.to_owned()), agent.components.len());
                    agent.components.push(component);
                }
            }
            agent.components.extend(components.into_iter().flatten());
        }
        (self.config, self.said)
    }
}

fn agent_names(properties: &Properties) -> Vec<&str> {
    let keys = properties.entries().iter().map(|entry| entry.key.trimmed());
    let mut names: Vec<&str> = keys.filter_map(|key| key.split_once('.').map(|(agent, _)| agent)).collect();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names
}

fn no_agent(entry: &Entry, names: &[&str]) -> Diagnostic {
    let key = entry.key.trimmed();
    let message = format!("`{key}` names no agent: an agent's name and a dot come first");
    let warning =
        Diagnostic::warning("no-agent", message).at(entry.key.span()).help("Flume ignores this key");
    let word = key.trim_start_matches('.');
    let first = word.split('.').next().unwrap_or("");
    let is_group = Group::of(first).is_some();
    match names {
        [only] if is_group => warning.suggest(Some(format!("{only}.{word}"))),
        _ => warning.suggest(nearest(first, names.iter().copied())),
    }
}

fn unknown_word(entry: &Entry, word: &str) -> Diagnostic {
    let words = ["sources", "sinks", "channels", "sinkgroups", "configfilters"];
    let message = format!("`{word}` is none of {}", words.join(", "));
    Diagnostic::error("unknown-word", message)
        .at(entry.key.span_of_part(word))
        .suggest(nearest(word, words))
        .help("Flume ignores this key")
}

fn no_key(entry: &Entry, group: Group, rest: &str) -> Diagnostic {
    let name = rest.split('.').next().unwrap_or("");
    let message = match name {
        "" => format!("`{}` names no {}", entry.key.trimmed(), group.singular()),
        name => format!("`{}` names no key of {} {name}", entry.key.trimmed(), group.singular()),
    };
    Diagnostic::error("no-key", message).at(entry.key.span()).help("Flume ignores this key")
}

fn listed_twice(first: &ComponentConfig, list: &Setting, span: crate::diagnostic::Span) -> Diagnostic {
    Diagnostic::warning("listed-twice", format!("{} is listed twice in {}", first.title(), list.full_key()))
        .at(span)
        .also(first.listed, "here too")
}
