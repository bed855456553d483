use crate::diagnostic::{Diagnostic, Span};
use crate::keys::{Section, find};
use crate::model::{AgentConfig, ComponentConfig, Config, Group, Setting};

/// What a config filter asks for.
#[derive(Debug, Clone, Copy)]
pub enum FilterCall<'a> {
    /// The value of an environment variable.
    Environment(&'a str),
    /// The first line that a command prints; the key is its last argument.
    External {
        /// The command, split at blanks.
        command: &'a str,
        /// The character set of what it prints.
        charset: &'a str,
        /// The key.
        key: &'a str,
    },
    /// A filter of the user's own.
    Own {
        /// The filter, with its settings.
        filter: &'a ComponentConfig,
        /// The key.
        key: &'a str,
    },
}

/// What a filter answers: a value, or that it has none, or why it failed. None at all while nothing is run.
pub type FilterAnswer = Option<Result<Option<String>, String>>;

/// Replaces `${f1['key']}` in the values of sources, channels, sinks and sink groups. `ask` gives
/// the value. Where it has none, the text stays; where it does not answer now, the value is not checked.
pub fn apply_filters(
    config: &mut Config,
    ask: &mut dyn FnMut(FilterCall<'_>) -> FilterAnswer,
) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for agent in &mut config.agents {
        let filters: Vec<ComponentConfig> = agent.listed(Group::ConfigFilters).cloned().collect();
        for component in
            agent.components.iter_mut().filter(|component| component.group != Group::ConfigFilters)
        {
            let path = format!("{}.{}.{}", agent.name, component.group.as_str(), component.name);
            for setting in component.settings.iter_mut().filter(|setting| setting.value().contains("${")) {
                let mut found = Vec::new();
                replace(setting, &filters, ask, &mut found);
                said.extend(found.into_iter().map(|diagnostic| diagnostic.of(path.clone())));
            }
        }
    }
    said
}

fn replace(
    setting: &mut Setting,
    filters: &[ComponentConfig],
    ask: &mut dyn FnMut(FilterCall<'_>) -> FilterAnswer,
    said: &mut Vec<Diagnostic>,
) {
    let span = setting.value_span();
    let value = setting.value().to_owned();
    let mut out = String::with_capacity(value.len());
    let mut rest = value.as_str();
    while let Some(at) = rest.find("${") {
        let end = rest[at..].find('}').map(|end| at + end + 1);
        let reference = end.and_then(|end| Some((end, parts(&rest[at + 2..end - 1])?)));
        let Some((end, (name, key))) = reference else {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        out.push_str(&rest[..at]);
        match answer(filters, name, key, ask) {
            Reply::Value(value) => out.push_str(&value),
            Reply::Later => {
                setting.defer();
                out.push_str(&rest[at..end]);
            }
            Reply::Text(diagnostic) => {
                said.extend(diagnostic.map(|diagnostic| diagnostic.at(span)));
                out.push_str(&rest[at..end]);
            }
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    setting.set_value(out);
}

enum Reply {
    Value(String),
    Later,
    /// The text stays.
    Text(Option<Diagnostic>),
}

fn answer(
    filters: &[ComponentConfig],
    name: &str,
    key: &str,
    ask: &mut dyn FnMut(FilterCall<'_>) -> FilterAnswer,
) -> Reply {
    let Some(filter) = filters.iter().find(|filter| filter.name == name) else {
        let message = format!("there is no config filter {name}");
        return Reply::Text(Some(
            Diagnostic::warning("unknown-filter", message).help("the text stays as it is"),
        ));
    };
    let kind = filter
        .value("type")
        .and_then(|kind| find(Section::ConfigFilter, kind))
        .map(|found| found.component.name);
    let call = match (kind, filter.value("command")) {
        (Some("env"), _) => FilterCall::Environment(key),
        (Some("external"), Some(command)) => {
            FilterCall::External { command, charset: filter.value("charset").unwrap_or("UTF-8"), key }
        }
        (None, _) if filter.value("type").is_some() => FilterCall::Own { filter, key },
        // What is wrong with the filter is said where it stands.
        _ => return Reply::Text(None),
    };
    match ask(call) {
        None => Reply::Later,
        Some(Ok(Some(value))) => Reply::Value(value),
        Some(Ok(None)) => {
            let message = format!("config filter {name} has no value for {key}");
            Reply::Text(Some(Diagnostic::warning("unresolved", message).help("the text stays as it is")))
        }
        Some(Err(problem)) => {
            let message = format!("config filter {name} failed for {key}: {problem}");
            Reply::Text(Some(Diagnostic::error("filter-failed", message)))
        }
    }
}

/// `f1['key']`, `f1["key"]` or `f1[key]`.
fn parts(reference: &str) -> Option<(&str, &str)> {
    let (name, rest) = reference.split_once('[')?;
    let key = rest.strip_suffix(']')?;
    let quoted = |quote: char| key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
    let key = quoted('\'').or_else(|| quoted('"')).unwrap_or(key);
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    (is_key && !name.is_empty()).then_some((name, key))
}

impl AgentConfig {
    /// Where values stand that only a run can know.
    pub fn deferred(&self) -> impl Iterator<Item = Span> {
        self.components
            .iter()
            .flat_map(|component| &component.settings)
            .filter(|s| s.is_deferred())
            .map(Setting::value_span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::build;
    use crate::properties::Properties;

    fn applied(value: &str) -> (String, bool, Vec<&'static str>) {
        let text = format!(
            "a1.configfilters = f1 f2\na1.configfilters.f1.type = env\na1.configfilters.f2.type = external\n\
             a1.configfilters.f2.command = cat secret\na1.sinks.k1.x = {value}\n"
        );
        let mut properties = Properties::new();
        properties.add("x.conf", text.as_bytes()).unwrap();
        let (mut config, _) = build(&properties, |entry| entry.value.as_str().to_owned());
        let said = apply_filters(&mut config, &mut |call| match call {
            FilterCall::Environment("KEY-1") => Some(Ok(Some("one".to_owned()))),
            FilterCall::Environment(_) => Some(Ok(None)),
            FilterCall::External { command: "cat secret", charset: "UTF-8", key: "bad" } => {
                Some(Err("exit code 1".to_owned()))
            }
            FilterCall::External { .. } | FilterCall::Own { .. } => None,
        });
        let setting = &config.agents[0].get(Group::Sinks, "k1").unwrap().settings[0];
        (setting.value().to_owned(), setting.is_deferred(), said.iter().map(|said| said.code).collect())
    }

    #[test]
    fn filters_give_values_in_all_three_spellings() {
        let table = [
            ("a${f1['KEY-1']}b", "aoneb", false, &[][..]),
            ("${f1[\"KEY-1\"]}${f1[KEY-1]}", "oneone", false, &[]),
            ("${f1['NONE']}", "${f1['NONE']}", false, &["unresolved"]),
            ("${f3['x']}", "${f3['x']}", false, &["unknown-filter"]),
            ("${f2['later']}", "${f2['later']}", true, &[]),
            ("${f2['bad']}", "${f2['bad']}", false, &["filter-failed"]),
            ("${f1['no key!']} ${", "${f1['no key!']} ${", false, &[]),
        ];
        for (value, expected, is_deferred, codes) in table {
            assert_eq!(applied(value), (expected.to_owned(), is_deferred, codes.to_vec()), "{value}");
        }
    }
}
