//! From files to a configuration that was looked at.

use std::collections::BTreeMap;

use flowcore::base::Clock;

use crate::check::{Options, Surroundings, check};
use crate::diagnostic::{Diagnostic, Severity, SourceFiles};
use crate::interpolate::{FilterAnswer, FilterCall, Lookups, apply_filters, interpolate, java_date};
use crate::model::{Config, build};
use crate::properties::{LoadError, Properties};
use crate::tls_defaults;

/// A configuration, and everything that is to be said about it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Its agents.
    pub config: Config,
    /// Its files, for showing their lines.
    pub files: SourceFiles,
    /// What is to be said, in the order of the files. What is about one agent names it in
    /// [`component`](Diagnostic::component).
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks the contents of files, each with the name that messages show. References read this
/// program's environment.
///
/// # Errors
/// [`LoadError`] when a file is not taken at all.
///
/// ```
/// use flowcore_agent::check::{NothingElse, Options};
/// use flowcore_agent::check_files;
///
/// let text = "a1.sources = r1\na1.source.r1.type = exec\n";
/// let checked = check_files([("flume.conf", text.as_bytes())], Options::default(), &NothingElse)?;
/// let unknown = checked.diagnostics.iter().find(|said| said.code == "unknown-word").unwrap();
/// assert_eq!(unknown.suggestion.as_deref(), Some("sources"));
/// # Ok::<(), flowcore_agent::properties::LoadError>(())
/// ```
pub fn check_files<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    options: Options,
    surroundings: &dyn Surroundings,
) -> Result<Checked, LoadError> {
    let lookups = Lookups {
        environment: &|name| std::env::var(name).ok(),
        system: &BTreeMap::new(),
        date: &date_now,
        bare_environment: false,
    };
    load_files(files, &lookups, &mut without_running, options, surroundings)
}

/// The answers of config filters while nothing is run: the environment is read, commands wait.
pub fn without_running(call: FilterCall<'_>) -> FilterAnswer {
    match call {
        FilterCall::Environment(name) => Some(Ok(std::env::var(name).ok())),
        FilterCall::External { .. } | FilterCall::Own { .. } => None,
    }
}

/// Now, in this machine's time zone, in a format of Java's letters.
///
/// # Errors
/// What is wrong with the format.
pub fn date_now(format: &str) -> Result<String, String> {
    let now = jiff::Timestamp::from_millisecond(Clock::system().now().as_millis())
        .map_err(|error| error.to_string())?;
    java_date(format, now.to_zoned(jiff::tz::TimeZone::system()).datetime())
}

/// The same with one's own [`Lookups`], and `ask` for config filters. Those of the user's own are asked through
/// `surroundings`.
///
/// # Errors
/// As [`check_files`].
pub fn load_files<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    lookups: &Lookups<'_>,
    ask: &mut dyn FnMut(FilterCall<'_>) -> FilterAnswer,
    options: Options,
    surroundings: &dyn Surroundings,
) -> Result<Checked, LoadError> {
    let mut properties = Properties::new();
    for (name, content) in files {
        properties.add(name, content)?;
    }
    let mut diagnostics = properties.diagnostics().to_vec();
    let (values, said) = interpolate(&properties, lookups);
    diagnostics.extend(said);
    let (mut config, said) = build(&properties, |entry| values.value(entry));
    diagnostics.extend(said);
    diagnostics.extend(apply_filters(&mut config, &mut |call| match call {
        FilterCall::Own { filter, key } => Some(surroundings.ask(filter, key)),
        call => ask(call),
    }));
    tls_defaults::supply(&mut config, lookups);
    if options.strict {
        diagnostics
            .iter_mut()
            .filter(|d| d.code == "duplicate-key")
            .for_each(|d| d.severity = Severity::Error);
    }
    diagnostics.extend(check(&config, options, surroundings));
    diagnostics.sort_by_key(|said| said.span.map(|span| (span.file, span.start)));
    Ok(Checked { config, files: properties.files().clone(), diagnostics })
}

impl Checked {
    /// What is about the agent `name`, or about no agent in particular.
    pub fn about(&self, name: &str) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |said| {
            let agent = said.component.as_deref().map(|path| path.split('.').next().unwrap_or(path));
            agent.is_none_or(|agent| agent == name)
        })
    }
}
