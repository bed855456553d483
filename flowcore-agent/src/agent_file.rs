//! From the text of a configuration to an agent, for programs that run agents themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::ingest::Agent;

use crate::check::Options;
use crate::diagnostic::{Diagnostic, Renderer, Severity};
use crate::interpolate::Lookups;
use crate::properties::LoadError;
use crate::registry::Registry;
use crate::{AssembleError, Checked, assemble, date_now, load_files, without_running};

/// A configuration of Flume's in a program of one's own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::ingest::sink::NullSink;
/// use flowcore_agent::AgentFile;
/// use flowcore_agent::registry::Registry;
///
/// let text = "
///     a1.sources = r1
///     a1.channels = c1
///     a1.sinks = k1
///     a1.sources.r1.type = exec
///     a1.sources.r1.command = echo hello
///     a1.sources.r1.channels = c1
///     a1.channels.c1.type = memory
///     a1.sinks.k1.type = com.example.CountingSink
///     a1.sinks.k1.channel = c1
/// ";
/// let sink = NullSink::new();
/// let count = sink.count();
/// let registry = Registry::builtin()
///     .sink("com.example.CountingSink", move |_| Ok({ let sink = sink.clone(); move || sink.clone() }));
/// let agent = AgentFile::from_properties(text).registry(registry).agent("a1")?;
/// agent.start().await?.wait().await?;
/// assert_eq!(count.get(), 1);
/// # Ok(()) }
/// ```
///
/// References read this program's environment. A config filter of type `external` is not run: who needs it
/// calls [`load_files`] and [`assemble`].
#[derive(Debug)]
#[must_use]
pub struct AgentFile {
    name: String,
    text: Vec<u8>,
    registry: Registry,
    system: BTreeMap<String, String>,
    options: Options,
    grace: Duration,
}

/// Why the text of a configuration gives no agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentFileError {
    /// The text is not taken at all.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The check has found errors.
    #[error("the configuration of agent {agent} is not right:\n{}", report.trim_end())]
    Bad {
        /// The agent.
        agent: String,
        /// What is wrong with it.
        errors: Vec<Diagnostic>,
        /// The same for people, with the lines that it is about.
        report: String,
    },
    /// A value comes from a config filter that has to be run.
    #[error("agent {agent} has values from a config filter that runs a command")]
    Filter {
        /// The agent.
        agent: String,
    },
    /// The agent cannot be made.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
}

impl AgentFile {
    /// The content of a `.conf` file.
    pub fn from_properties(text: impl AsRef<[u8]>) -> Self {
        Self {
            name: "flume.conf".to_owned(),
            text: text.as_ref().to_vec(),
            registry: Registry::builtin(),
            system: BTreeMap::new(),
            options: Options::default(),
            grace: Duration::from_secs(30),
        }
    }

    /// What messages call the file; `flume.conf` unless said otherwise.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Who makes the components; [`Registry::builtin`] unless said otherwise.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// What `${sys:name}` is in the text.
    pub fn system(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.system.insert(name.into(), value.into());
        self
    }

    /// How much a check lets pass.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// How long each step of the agent's stop may take; 30 s unless said otherwise.
    pub fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
        self
    }

    /// What is to be said about the text.
    ///
    /// # Errors
    /// [`LoadError`] when it is not taken at all.
    pub fn check(&self) -> Result<Checked, LoadError> {
        let lookups = Lookups {
            environment: &|name| std::env::var(name).ok(),
            system: &self.system,
            date: &date_now,
            bare_environment: false,
        };
        let files = [(self.name.as_str(), self.text.as_slice())];
        load_files(files, &lookups, &mut without_running, self.options, &self.registry)
    }

    /// The agent of this name. Warnings go into the log.
    ///
    /// # Errors
    /// [`AgentFileError`].
    pub fn agent(&self, name: &str) -> Result<Agent, AgentFileError> {
        let checked = self.check()?;
        let said = |severity| checked.about(name).filter(move |said| said.severity == severity);
        for warning in said(Severity::Warning) {
            tracing::warn!(agent = name, code = warning.code, "{}", warning.message);
        }
        let Some(agent) = checked.config.agent(name) else {
            return Err(AssembleError::NoAgent { agent: name.to_owned() }.into());
        };
        let errors: Vec<Diagnostic> = said(Severity::Error).cloned().collect();
        if !errors.is_empty() {
            let report = report(&checked, &errors);
            return Err(AgentFileError::Bad { agent: name.to_owned(), errors, report });
        }
        if agent.deferred().next().is_some() {
            return Err(AgentFileError::Filter { agent: name.to_owned() });
        }
        Ok(assemble(&checked, name, &self.registry, self.grace)?)
    }
}

fn report(checked: &Checked, errors: &[Diagnostic]) -> String {
    let mut text = String::new();
    let renderer = Renderer::new(&checked.files, false);
    // Writing to a `String` cannot fail.
    let _ = errors.iter().try_for_each(|error| renderer.write(error, &mut text));
    text
}

/// [`Agent`]s from configurations of Flume's, beside [`AgentBuilder`](flowcore::ingest::AgentBuilder).
pub trait FromProperties: Sized {
    /// The agent `name` of a `.conf` file with this content, of Flume's types alone.
    ///
    /// # Errors
    /// [`AgentFileError`].
    ///
    /// ```
    /// use flowcore::ingest::Agent;
    /// use flowcore_agent::FromProperties;
    ///
    /// let error = Agent::from_properties("a1", "a1.channels = c1\na1.channels.c1.type = memroy\n").unwrap_err();
    /// assert!(error.to_string().contains("did you mean `memory`?"), "{error}");
    /// ```
    fn from_properties(name: &str, text: impl AsRef<[u8]>) -> Result<Self, AgentFileError>;
}

impl FromProperties for Agent {
    fn from_properties(name: &str, text: impl AsRef<[u8]>) -> Result<Self, AgentFileError> {
        AgentFile::from_properties(text).agent(name)
    }
}
