use std::collections::BTreeMap;

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
