use std::collections::BTreeMap;
use std::path::Path;

use super::options::AgentOptions;
use crate::monitor::MonitorPlan;

/// What `-Dname=value` said; the last one holds. A name alone has an empty value.
pub(super) fn system_properties(arguments: &[String]) -> BTreeMap<String, String> {
    let pair = |argument: &String| {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        (name.to_owned(), value.to_owned())
    };
    arguments.iter().map(pair).collect()
}

/// Whether `${NAME}` is asked of the environment, as old start scripts have it.
pub(super) fn reads_bare_environment(system: &BTreeMap<String, String>) -> bool {
    system.get("propertiesImplementation").is_some_and(|class| class.ends_with("EnvVarResolverProperties"))
}

/// The level in `flume.root.logger`, such as `DEBUG,console`; else `info`.
pub(super) fn log_level(system: &BTreeMap<String, String>) -> tracing::Level {
    let written = system.get("flume.root.logger").and_then(|value| value.split(',').next());
    match written.map(str::trim).map(str::to_ascii_uppercase).as_deref() {
        Some("WARN") => tracing::Level::WARN,
        Some("ERROR" | "FATAL" | "OFF") => tracing::Level::ERROR,
        Some("DEBUG") => tracing::Level::DEBUG,
        Some("TRACE" | "ALL") => tracing::Level::TRACE,
        _ => tracing::Level::INFO,
    }
}

/// Whether a service manager started it, which expects it to wait for a configuration that is not there yet.
pub(super) fn called_from_service(system: &BTreeMap<String, String>) -> bool {
    system.get("flume.called.from.service").is_some_and(|value| !value.eq_ignore_ascii_case("false"))
}

/// Says which options have no effect.
pub(super) fn without_effect(options: &AgentOptions, monitoring: &MonitorPlan) {
    for property in &monitoring.without_effect {
        tracing::warn!(%property, "has no effect");
    }
    if options.old.classpath.is_some() || options.old.plugins_path.is_some() {
        tracing::warn!("there is no class path: components of one's own are registered in a program");
    }
    for option in &options.old.java {
        tracing::warn!(option, "is for Java, and has no effect");
    }
    if let Some(script) = options.conf.as_ref().map(|conf| conf.join("flume-env.sh"))
        && sets_something(&script)
    {
        tracing::warn!(script = %script.display(), "is not run");
    }
}

/// Whether there is anything but comments in a script.
fn sets_something(script: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(script) else { return false };
    text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Properties that mean something, by how they begin.
const MEANT: [&str; 6] = [
    "flume.monitoring.",
    "flume.called.from.service",
    "javax.net.ssl.",
    "flume.ssl.",
    "flume.root.logger",
    "propertiesImplementation",
];

/// Properties that have no effect: unknown ones that no `${sys:…}` in the texts asks for.
pub(super) fn unused<'a>(
    system: &'a BTreeMap<String, String>,
    texts: impl Iterator<Item = &'a str> + Clone,
) -> impl Iterator<Item = &'a str> {
    system.keys().map(String::as_str).filter(move |name| {
        let asked = format!("sys:{name}");
        !MEANT.iter().any(|meant| name.starts_with(meant)) && !texts.clone().any(|text| text.contains(&asked))
    })
}
