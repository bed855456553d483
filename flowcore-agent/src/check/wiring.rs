use std::collections::HashMap;

use super::checker::Checker;
use crate::diagnostic::{Diagnostic, Severity, Span, nearest};
use crate::model::{ComponentConfig, Group, Setting};

impl<'a> Checker<'a> {
    /// Who puts into which channel, and who takes from it.
    pub(super) fn wiring(&mut self) {
        for source in self.agent.listed(Group::Sources).filter(|source| !source.settings.is_empty()) {
            if self.is_full() {
                return;
            }
            self.source_channels(source);
            self.selector(source);
        }
        for sink in self.agent.listed(Group::Sinks).filter(|sink| !sink.settings.is_empty()) {
            if self.is_full() {
                return;
            }
            self.sink_channel(sink);
        }
        let (sources, sinks) =
            (self.first_of(Group::Sources, "channels"), self.first_of(Group::Sinks, "channel"));
        for channel in self.agent.listed(Group::Channels) {
            if !self.is_bad(channel) {
                let name = channel.name.as_str();
                self.unused(channel, sources.get(name).copied(), sinks.get(name).copied());
            }
        }
    }

    fn source_channels(&mut self, source: &ComponentConfig) {
        let Some(setting) = source.get("channels") else {
            return self.no_channel(source, "channels", "channel");
        };
        let mut wrong = Vec::new();
        let words = setting.words();
        let many = words.len();
        for (name, span) in words {
            wrong.extend(self.unknown(Group::Channels, name, span));
        }
        let is_left = wrong.len() < many;
        for mut diagnostic in wrong {
            if is_left && self.options.lenient {
                diagnostic.severity = Severity::Warning;
            }
            self.say(source, diagnostic);
        }
    }

    fn sink_channel(&mut self, sink: &ComponentConfig) {
        let Some(setting) = sink.get("channel") else { return self.no_channel(sink, "channel", "channels") };
        if setting.words().len() > 1 {
            let message = format!("{} takes from one channel", sink.title());
            return self.say(sink, Diagnostic::error("several-channels", message).at(setting.value_span()));
        }
        for (name, span) in setting.words() {
            if let Some(error) = self.unknown(Group::Channels, name, span) {
                self.say(sink, error);
            }
        }
    }

    fn no_channel(&mut self, component: &ComponentConfig, key: &str, wrong: &str) {
        let error = Diagnostic::error("no-channel", format!("{} has no channel", component.title()));
        let span =
            component.get(wrong).or(component.get("type")).or(component.settings.first()).map(Setting::span);
        let help = format!("set {}.{key}", self.path(component));
        self.say(component, error.at(span).help(help));
    }

    /// That a list names no component `name`.
    pub(super) fn unknown(&self, group: Group, name: &str, span: Span) -> Option<Diagnostic> {
        let listed = self.agent.listed(group);
        if listed.clone().any(|component| component.name == name) || name.contains(',') {
            return None;
        }
        let title = group.singular();
        let list = format!("{}.{}", self.agent.name, group.as_str());
        let message = match self.agent.get(group, name) {
            Some(_) => format!("{title} {name} has keys, but is not listed in {list}"),
            None => format!("there is no {title} {name} in {list}"),
        };
        let near = nearest(name, listed.map(|component| component.name.as_str()));
        let code = if group == Group::Sinks { "unknown-sink" } else { "unknown-channel" };
        Some(Diagnostic::error(code, message).at(span).suggest(near))
    }

    /// By channels, the first component of a group that names each.
    fn first_of(&self, group: Group, key: &str) -> HashMap<&'a str, &'a ComponentConfig> {
        let mut first = HashMap::new();
        for component in self.agent.listed(group) {
            // A list with commas was said to be wrong; what it means is clear.
            let words = component.value(key).unwrap_or("").split([' ', '\t', ',']);
            words.for_each(|word| _ = first.entry(word).or_insert(component));
        }
        first
    }

    fn unused(
        &mut self,
        channel: &ComponentConfig,
        source: Option<&ComponentConfig>,
        sink: Option<&ComponentConfig>,
    ) {
        let warning = match (source, sink) {
            (Some(_), Some(_)) => return,
            (None, None) => Diagnostic::warning(
                "unused-channel",
                format!("{} has neither source nor sink", channel.title()),
            )
            .help("Flume removes it"),
            (Some(source), None) => {
                let message =
                    format!("{} is filled by {}, and no sink takes from it", channel.title(), source.title());
                Diagnostic::warning("no-sink", message)
            }
            (None, Some(sink)) => {
                let message =
                    format!("no source puts into {}, from which {} takes", channel.title(), sink.title());
                Diagnostic::warning("no-source", message)
            }
        };
        self.say(channel, warning.at(channel.listed));
    }

    /// The channels that a selector names belong to its source.
    fn selector(&mut self, source: &ComponentConfig) {
        let Some(channels) = source.get("channels") else { return };
        let channels: Vec<&str> = channels.words().into_iter().map(|(name, _)| name).collect();
        let kind = source
            .value("selector.type")
            .and_then(|name| crate::keys::find(crate::keys::Section::Selector, name));
        let kind = kind.map_or("replicating", |found| found.component.name);
        for setting in &source.settings {
            let Some(key) = setting.key().strip_prefix("selector.") else { continue };
            let names_channels = match kind {
                "multiplexing" => {
                    key == "default" || key.starts_with("mapping.") || key.starts_with("optional.")
                }
                "replicating" => key == "optional",
                _ => false,
            };
            if names_channels {
                self.selected(source, setting, &channels);
            }
        }
        if kind == "multiplexing" && source.get("selector.default").is_none() {
            let message =
                format!("{} has no selector.default: what matches no mapping goes nowhere", source.title());
            let span = source.get("selector.type").map(Setting::value_span);
            self.say(
                source,
                Diagnostic::warning("no-default", message)
                    .at(span)
                    .help("such events are counted as unrouted"),
            );
        }
    }

    fn selected(&mut self, source: &ComponentConfig, setting: &Setting, channels: &[&str]) {
        if setting.value().is_empty() && setting.key().contains("mapping.") {
            let message = format!("`{}` names no channel", setting.key());
            return self.say(source, Diagnostic::error("no-channel", message).at(setting.span()));
        }
        for (name, span) in setting.words() {
            if !channels.contains(&name) && !name.contains(',') {
                let message = format!("{name} is no channel of {}", source.title());
                let near = nearest(name, channels.iter().copied());
                self.say(source, Diagnostic::error("unknown-channel", message).at(span).suggest(near));
            }
        }
    }
}
