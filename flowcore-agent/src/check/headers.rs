use super::checker::Checker;
use crate::diagnostic::{Diagnostic, nearest};
use crate::keys::{Section, find};
use crate::model::{ComponentConfig, Group, Setting};

/// Sources whose events bring headers of their own.
const CARRIERS: [&str; 6] = ["avro", "thrift", "http", "kafka", "jms", "spooldir"];

impl Checker<'_> {
    /// `%{header}` that nobody in this agent sets becomes an empty text.
    pub(super) fn headers(&mut self) {
        let sources: Vec<&ComponentConfig> = self.agent.of(Group::Sources).collect();
        let brings = |source: &&ComponentConfig| {
            let own = |setting: &Setting| setting.key().to_ascii_lowercase().contains("header");
            let kind = self.type_of(source).map(|kind| kind.name);
            let is_own = kind.is_none() && source.get("type").is_some();
            is_own
                || kind.is_some_and(|kind| CARRIERS.contains(&kind) || kind.contains("syslog"))
                || source
                    .settings
                    .iter()
                    .any(|setting| own(setting) && !setting.key().starts_with("interceptors."))
        };
        let set: Vec<String> = sources.iter().flat_map(|source| set_by_interceptors(source)).collect();
        if sources.iter().any(brings) || set.is_empty() {
            return;
        }
        for sink in self.agent.of(Group::Sinks) {
            for setting in &sink.settings {
                for name in
                    escaped_headers(setting.value()).filter(|name| !set.iter().any(|known| known == name))
                {
                    let from = name.as_ptr() as usize - setting.value().as_ptr() as usize;
                    let message = format!("no interceptor of this agent sets the header {name}");
                    let near = nearest(name, set.iter().map(String::as_str));
                    let note = Diagnostic::note("header-not-set", message)
                        .at(setting.span_of_value(from, from + name.len()));
                    let help =
                        format!("the interceptors set {}; an absent header is an empty text", set.join(", "));
                    self.say(sink, note.suggest(near).help(help));
                }
            }
        }
    }
}

/// The names in `%{…}`.
fn escaped_headers(value: &str) -> impl Iterator<Item = &str> {
    value.split("%{").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// The headers that interceptors of a source set, as far as they are built in.
fn set_by_interceptors(source: &ComponentConfig) -> Vec<String> {
    let names = source.get("interceptors").map(Setting::words).unwrap_or_default();
    names.into_iter().flat_map(|(name, _)| set_by(source, name)).collect()
}

fn set_by(source: &ComponentConfig, name: &str) -> Vec<String> {
    let value = |key: &str| source.value(&format!("interceptors.{name}.{key}"));
    let Some(kind) = value("type").and_then(|kind| find(Section::Interceptor, kind)) else {
        return Vec::new();
    };
    let kind = kind.component;
    let key = match kind.name {
        "timestamp" | "uuid" => "headerName",
        "host" => "hostHeader",
        "static" => "key",
        "regex_extractor" => {
            let prefix = format!("interceptors.{name}.serializers.");
            let is_name = |key: &str| {
                key.strip_prefix(&prefix)
                    .and_then(|rest| rest.split_once('.'))
                    .is_some_and(|(_, key)| key == "name")
            };
            let parts = source.settings.iter().filter(|setting| is_name(setting.key()));
            return parts.map(|setting| setting.value().to_owned()).collect();
        }
        _ => return Vec::new(),
    };
    value(key).or(kind.default_of(key)).map(str::to_owned).into_iter().collect()
}
