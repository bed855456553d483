//! From files to a configuration that was looked at.

use crate::check::{Options, Surroundings, check};
use crate::diagnostic::{Diagnostic, Severity, SourceFiles};
use crate::model::{Config, build};
use crate::properties::{LoadError, Properties};

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

/// Reads and checks the contents of files, each with the name that messages show.
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
    let mut properties = Properties::new();
    for (name, content) in files {
        properties.add(name, content)?;
    }
    let mut diagnostics = properties.diagnostics().to_vec();
    let (config, said) = build(&properties, |entry| entry.value.as_str().to_owned());
    diagnostics.extend(said);
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
