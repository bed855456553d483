use std::collections::HashMap;

use super::checker::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::keys::{Section, find};
use crate::model::{ComponentConfig, Group, Setting};

impl Checker<'_> {
    /// Sink groups: who is in them, and whether their processors can work.
    pub(super) fn groups(&mut self) {
        let mut owners: HashMap<&str, (&str, Span)> = HashMap::new();
        for group in self.agent.listed(Group::SinkGroups).filter(|group| !group.settings.is_empty()) {
            let Some(list) = group.get("sinks") else {
                self.no_sinks(group);
                continue;
            };
            let mut members: Vec<&str> = Vec::new();
            for (name, span) in list.words() {
                if let Some(error) = self.unknown(Group::Sinks, name, span) {
                    self.say(group, error);
                } else if let Some((owner, first)) =
                    owners.get(name).filter(|(owner, _)| *owner != group.name)
                {
                    let message = format!("sink {name} is in sink group {owner} already");
                    self.say(
                        group,
                        Diagnostic::error("sink-in-two-groups", message).at(span).also(*first, "there"),
                    );
                } else if members.contains(&name) {
                    let message = format!("sink {name} stands twice in {}", group.title());
                    self.say(group, Diagnostic::warning("listed-twice", message).at(span));
                } else {
                    owners.insert(name, (&group.name, span));
                    members.push(name);
                }
            }
            self.processor(group, list, &members);
        }
    }

    fn no_sinks(&mut self, group: &ComponentConfig) {
        let error = Diagnostic::error("no-sinks", format!("{} has no sinks", group.title()));
        let span = group.settings.first().map(Setting::span);
        let help = format!("set {}.sinks; Flume would not load the configuration at all", self.path(group));
        self.say(group, error.at(span).help(help));
    }

    fn processor(&mut self, group: &ComponentConfig, list: &Setting, members: &[&str]) {
        let is_valid =
            |name: &&str| self.agent.get(Group::Sinks, name).is_some_and(|sink| !self.is_bad(sink));
        if !members.iter().any(is_valid) {
            let message = format!("no sink is left for {}", group.title());
            return self.say(group, Diagnostic::error("no-sinks", message).at(list.value_span()));
        }
        self.one_channel(group, list, members);
        let name = group.value("processor.type").unwrap_or("default");
        let span = group.get("processor.type").map_or_else(|| list.span(), Setting::value_span);
        match find(Section::SinkProcessor, name).map(|found| found.component.name) {
            Some("default") if members.len() > 1 => {
                let message = format!("the default processor of {} can only handle one sink", group.title());
                let error = Diagnostic::error("too-many-sinks", message).at(span);
                self.say(group, error.help("set processor.type to failover or load_balance"));
            }
            Some("load_balance") if members.len() < 2 => {
                let message = format!("load_balance of {} needs more than one sink", group.title());
                self.say(group, Diagnostic::error("too-few-sinks", message).at(span));
            }
            Some("failover") => self.priorities(group, members),
            _ => {}
        }
    }

    /// A group takes a batch once, and gives it to its sinks until one has delivered it.
    fn one_channel(&mut self, group: &ComponentConfig, list: &Setting, members: &[&str]) {
        let channel = |name: &&str| self.agent.get(Group::Sinks, name)?.get("channel");
        let mut channels = members.iter().filter_map(channel);
        let Some(first) = channels.next() else { return };
        let Some(other) = channels.find(|channel| channel.value() != first.value()) else { return };
        let message = format!(
            "the sinks of {} take from several channels, {} and {}",
            group.title(),
            first.value(),
            other.value()
        );
        let error = Diagnostic::error("several-channels", message).at(list.value_span());
        let help = "a group takes each batch from one channel: give its sinks the same channel";
        self.say(group, error.also(other.value_span(), "another one").help(help));
    }

    fn priorities(&mut self, group: &ComponentConfig, members: &[&str]) {
        let mut seen: HashMap<i64, &Setting> = HashMap::new();
        for setting in &group.settings {
            let Some(sink) = setting.key().strip_prefix("processor.priority.") else { continue };
            if !members.contains(&sink) {
                let message = format!("sink {sink} is not in {}", group.title());
                self.say(group, Diagnostic::warning("unknown-sink", message).at(setting.span_of_key(sink)));
                continue;
            }
            let Ok(priority) = setting.value().parse::<i64>() else { continue };
            if let Some(first) = seen.insert(priority, setting) {
                let message = format!("two sinks of {} have priority {priority}", group.title());
                let error = Diagnostic::error("equal-priorities", message).at(setting.value_span());
                self.say(group, error.also(first.value_span(), "the other").help("Flume drops one of them"));
            }
        }
    }
}
