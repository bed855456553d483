use std::collections::BTreeMap;

use super::checker::Checker;
use super::types::Resolved;
use crate::diagnostic::{Diagnostic, nearest};
use crate::keys::{ComponentType, Key, Kind, Ours, Section, find_key};
use crate::model::{ComponentConfig, Setting};

/// Settings of a component or a part of one, with their keys in it.
pub(super) struct Part<'s> {
    pub(super) title: String,
    pub(super) settings: Vec<(&'s str, &'s Setting)>,
}

impl Checker<'_> {
    pub(super) fn component_keys(&mut self, component: &ComponentConfig, found: &'static ComponentType) {
        let title = format!("{} ({})", component.title(), found.name);
        let settings = component.settings.iter().map(|setting| (setting.key(), setting)).collect();
        let keys: Vec<&'static Key> = found.all_keys().collect();
        self.not_yet(component, found, component.settings.iter().map(|setting| (setting.key(), setting)));
        self.part(component, &Part { title, settings }, &keys);
    }

    /// Selector and interceptors of a component whose own keys are not known.
    pub(super) fn parts_alone(&mut self, component: &ComponentConfig) {
        let common = component.group.section().common_keys();
        let keys: Vec<&'static Key> =
            common.iter().filter(|key| matches!(key.kind, Kind::Type(_) | Kind::Named(_))).collect();
        let is_of_a_part =
            |name: &str| keys.iter().any(|key| key.name == name || nested(key, name).is_some());
        let settings = component.settings.iter().map(|setting| (setting.key(), setting));
        let settings = settings.filter(|(name, _)| is_of_a_part(name)).collect();
        self.part(component, &Part { title: component.title(), settings }, &keys);
    }

    pub(super) fn sink_group_keys(&mut self, component: &ComponentConfig) {
        let settings = component.settings.iter().map(|setting| (setting.key(), setting)).collect();
        let keys: Vec<&'static Key> = Section::SinkProcessor.common_keys().iter().collect();
        self.part(component, &Part { title: component.title(), settings }, &keys);
    }

    fn part(&mut self, component: &ComponentConfig, part: &Part<'_>, keys: &[&'static Key]) {
        for &(name, setting) in &part.settings {
            match find_key(keys.iter().copied(), name) {
                Some(key) => self.setting(component, part, key, setting),
                None if keys.iter().any(|key| nested(key, name).is_some()) => {}
                None => self.unknown_key(component, part, keys, name, setting),
            }
        }
        for key in keys {
            self.required(component, part, keys, key);
            match key.kind {
                Kind::Type(section) => self.typed_part(component, part, key, section),
                Kind::Named(section) => self.named_parts(component, part, key, section),
                _ => {}
            }
        }
    }

    /// `selector.type` and the keys beside it.
    fn typed_part(&mut self, component: &ComponentConfig, part: &Part<'_>, key: &Key, section: Section) {
        let written =
            part.settings.iter().find(|(name, setting)| *name == key.name && !setting.value().is_empty());
        let setting = written.map(|(_, setting)| *setting);
        let name = setting.map(Setting::value).or(key.default).unwrap_or("");
        let Resolved::BuiltIn(found) = self.resolve(component, section, name, setting) else { return };
        let own: Vec<(&str, &Setting)> = part
            .settings
            .iter()
            .filter(|(name, _)| !is_of_another(name, key))
            .filter_map(|(name, setting)| Some((nested(key, name)?, *setting)))
            .collect();
        let title = format!("{} {} of {}", section.as_str(), found.name, part.title);
        self.not_yet(component, found, own.iter().copied());
        let keys: Vec<&'static Key> = found.keys.iter().copied().flatten().collect();
        self.part(component, &Part { title, settings: own }, &keys);
    }

    /// `interceptors` and the keys of each.
    fn named_parts(&mut self, component: &ComponentConfig, part: &Part<'_>, key: &Key, section: Section) {
        let mut parts: BTreeMap<&str, Vec<(&str, &Setting)>> = BTreeMap::new();
        for (name, setting) in &part.settings {
            if let Some((own_name, own)) = nested(key, name).and_then(|rest| rest.split_once('.')) {
                parts.entry(own_name).or_default().push((own, setting));
            }
        }
        let list = part.settings.iter().find(|(name, _)| *name == key.name).map(|(_, setting)| *setting);
        for (name, span) in list.map(Setting::words).unwrap_or_default() {
            let title = format!("{} {name} of {}", section.as_str(), part.title);
            let Some(settings) = parts.remove(name) else {
                let error =
                    Diagnostic::error("no-keys", format!("{title} is listed, but has no keys")).at(span);
                self.say(component, error.suggest(nearest(name, parts.keys().copied())));
                continue;
            };
            self.named_part(component, &Part { title, settings }, section);
        }
        for (name, settings) in parts {
            let message =
                format!("{} {name} is declared, but not listed in `{}`", section.as_str(), key.name);
            let span = settings.first().map(|(_, setting)| setting.span());
            self.say(component, Diagnostic::warning("not-listed", message).at(span));
        }
    }

    fn named_part(&mut self, component: &ComponentConfig, part: &Part<'_>, section: Section) {
        let setting = part.settings.iter().find(|(name, _)| *name == "type").map(|(_, setting)| *setting);
        let default = section.common_keys().iter().find(|key| key.name == "type").and_then(|key| key.default);
        let written = setting.map(Setting::value).filter(|value| !value.is_empty());
        let Some(name) = written.or(default) else {
            let span = part.settings.first().map(|(_, setting)| setting.span());
            let error = Diagnostic::error("no-type", format!("{} has no type", part.title)).at(span);
            return self.say(component, error.help("Flume removes the whole source"));
        };
        let Resolved::BuiltIn(found) = self.resolve(component, section, name, setting) else { return };
        let keys: Vec<&'static Key> = found.all_keys().collect();
        self.not_yet(component, found, part.settings.iter().copied());
        self.part(component, part, &keys);
    }

    fn required(&mut self, component: &ComponentConfig, part: &Part<'_>, keys: &[&'static Key], key: &Key) {
        // What wires components together is looked at elsewhere.
        let is_wire = matches!(key.name, "type" | "channels" | "channel" | "sinks");
        if !key.is_required || key.default.is_some() || is_wire || key.is_pattern() {
            return self.each_has(component, part, key);
        }
        let stands_for = |other: &Key| match other.ours {
            Ours::OldName(new) | Ours::AlsoSpelt(new) => new == key.name,
            _ => other.name == key.name || Some(other.name) == key.or_instead,
        };
        let mut there =
            part.settings.iter().filter(|(name, _)| keys.iter().any(|k| stands_for(k) && k.name == *name));
        if there.next().is_none() {
            let instead = key.or_instead.map(|other| format!(" or `{other}`")).unwrap_or_default();
            let message = format!("{} needs `{}`{instead}", part.title, key.name);
            let own_type = part.settings.iter().find(|(name, _)| *name == "type").or(part.settings.first());
            let span = own_type.map(|(_, setting)| setting.span());
            self.say(component, Diagnostic::error("missing-key", message).at(span));
        }
    }

    /// `filegroups = f1 f2` needs `filegroups.f1` and `filegroups.f2`.
    fn each_has(&mut self, component: &ComponentConfig, part: &Part<'_>, key: &Key) {
        let Some((list, _)) = key.name.split_once(".<").filter(|_| key.is_required && key.is_pattern())
        else {
            return;
        };
        let Some((_, words)) = part.settings.iter().find(|(name, _)| *name == list) else { return };
        for (word, span) in words.words() {
            let name = format!("{list}.{word}");
            if !part.settings.iter().any(|(other, _)| *other == name) {
                let error =
                    Diagnostic::error("missing-key", format!("{} needs `{name}`", part.title)).at(span);
                self.say(component, error);
            }
        }
    }

    fn unknown_key(
        &mut self,
        component: &ComponentConfig,
        part: &Part<'_>,
        keys: &[&'static Key],
        name: &str,
        setting: &Setting,
    ) {
        let names = keys.iter().filter(|key| !key.is_pattern()).map(|key| key.name);
        let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
        let asked = name.rsplit('.').next().unwrap_or(name);
        // `fileType` for `hdfs.fileType` is a frequent slip.
        let with_prefix =
            names.clone().find(|known| last(known).eq_ignore_ascii_case(asked) && *known != name);
        let near = with_prefix.or_else(|| nearest(name, names));
        let message = format!("{} has no key `{name}`", part.title);
        let warning = self.strictly("unknown-key", message).at(setting.span_of_key(name));
        self.say(component, warning.suggest(near).help("Flume ignores this key"));
    }

    /// Keys that this build cannot follow, unless they say what holds anyway.
    fn not_yet<'s>(
        &mut self,
        component: &ComponentConfig,
        found: &'static ComponentType,
        settings: impl Iterator<Item = (&'s str, &'s Setting)>,
    ) {
        let keys = self.surroundings.not_yet(found);
        for (name, setting) in settings {
            let is_default =
                found.default_of(name).is_some_and(|value| value.eq_ignore_ascii_case(setting.value()));
            if keys.contains(&name) && !is_default && !setting.value().is_empty() {
                let message =
                    format!("`{name}` of {} {} does not work yet", found.section.as_str(), found.name);
                self.say(component, Diagnostic::error("not-yet", message).at(setting.span_of_key(name)));
            }
        }
    }
}

/// What is left of `name` behind the prefix that belongs to a key of parts.
fn nested<'n>(key: &Key, name: &'n str) -> Option<&'n str> {
    let prefix = match key.kind {
        Kind::Type(_) => key.name.strip_suffix(".type").unwrap_or(key.name),
        Kind::Named(_) => key.name,
        _ => return None,
    };
    name.strip_prefix(prefix)?.strip_prefix('.').filter(|rest| !rest.is_empty())
}

/// Keys that stand under the prefix of a part and belong to its owner.
fn is_of_another(name: &str, key: &Key) -> bool {
    name == key.name
        || matches!(name, "processor.sinks" | "sink.pathManager.prefix" | "sink.pathManager.extension")
}
