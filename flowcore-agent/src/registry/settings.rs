use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use flowcore::ingest::sink::EventSerializer;

use super::Registry;
use super::parts::MakeNames;
use crate::diagnostic::SourceFiles;
use crate::keys::{ComponentType, Section, find};
use crate::model::{AgentConfig, ComponentConfig, Setting};
use crate::spool::MakeDeserializer;

/// The settings of a component, for its factory. What is not written has the default of Flume's tables;
/// a component of one's own has no defaults.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    component: &'a ComponentConfig,
    kind: Option<&'static ComponentType>,
    prefix: String,
    registry: &'a Registry,
}

/// Why a component cannot be made of its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{component}: `{key}` {problem}")]
pub struct SettingError {
    /// File, line and column with a colon behind them, once they are known.
    place: String,
    component: String,
    key: String,
    problem: String,
}

impl<'a> Settings<'a> {
    pub(crate) fn new(
        component: &'a ComponentConfig,
        kind: Option<&'static ComponentType>,
        registry: &'a Registry,
    ) -> Self {
        Self { component, kind, prefix: String::new(), registry }
    }

    /// The settings of a part of this component, whose keys begin with `prefix`.
    pub(crate) fn of_part(&self, kind: Option<&'static ComponentType>, prefix: &str) -> Settings<'a> {
        let prefix = format!("{}{prefix}", self.prefix);
        Self { component: self.component, kind, prefix, registry: self.registry }
    }

    /// Of keys that mean the same the first that is written, or else the first.
    pub(crate) fn written_of(&self, keys: &[&'static str]) -> &'static str {
        let is_written = |key: &&str| self.component.value(&format!("{}{key}", self.prefix)).is_some();
        keys.iter().copied().find(is_written).or(keys.first().copied()).unwrap_or("")
    }

    /// The component's name.
    pub fn name(&self) -> &str {
        &self.component.name
    }

    /// A value, or its default.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let written = self.component.value(&format!("{}{key}", self.prefix));
        written.or_else(|| self.kind?.default_of(key))
    }

    /// The words of a value, which stand between blanks; none when it is missing.
    pub fn words(&self, key: &str) -> Vec<&'a str> {
        self.text(key).map(|value| value.split_ascii_whitespace().collect()).unwrap_or_default()
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// [`SettingError`] names the key.
    pub fn required(&self, key: &str) -> Result<&'a str, SettingError> {
        self.text(key).ok_or_else(|| self.error(key, "is missing"))
    }

    /// A number.
    ///
    /// # Errors
    /// [`SettingError`] when it is missing and has no default, or is none that fits.
    pub fn number<N: FromStr>(&self, key: &str) -> Result<N, SettingError> {
        self.required(key)?.parse().map_err(|_| self.error(key, "is no number that fits"))
    }

    /// `true` or `false`; false when it is missing and has no default.
    ///
    /// # Errors
    /// [`SettingError`] when it is neither.
    pub fn boolean(&self, key: &str) -> Result<bool, SettingError> {
        match self.text(key) {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(self.error(key, "is neither true nor false")),
        }
    }

    /// A time in milliseconds.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn millis(&self, key: &str) -> Result<Duration, SettingError> {
        self.number(key).map(Duration::from_millis)
    }

    /// A time in seconds.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn seconds(&self, key: &str) -> Result<Duration, SettingError> {
        self.number(key).map(Duration::from_secs)
    }

    /// A value by `read`, such as [`Settings::number`]; nothing when it is missing and has no default.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Self, &str) -> Result<T, SettingError>,
    ) -> Result<Option<T>, SettingError> {
        self.text(key).map(|_| read(self, key)).transpose()
    }

    /// A path; `~/` is the home folder.
    ///
    /// # Errors
    /// [`SettingError`] when it is missing and has no default.
    pub fn path(&self, key: &str) -> Result<PathBuf, SettingError> {
        self.required(key).map(at_home)
    }

    /// All that is written, key and value, in the order of the file.
    pub fn written(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.component.settings.iter().filter(|setting| !setting.value().is_empty());
        let pair =
            |setting: &'a Setting| Some((setting.key().strip_prefix(self.prefix.as_str())?, setting.value()));
        settings.filter_map(pair)
    }

    /// The event serializer whose type stands under `key`, with the keys that follow it; that of plain text
    /// when no type is written.
    ///
    /// ```
    /// use flowcore::ingest::sink::RollingFileSink;
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().sink("com.example.Archive", |settings| {
    ///     let (folder, serializer) = (settings.path("folder")?, settings.serializer("serializer")?);
    ///     Ok(move || RollingFileSink::new(&folder).serializer(serializer.clone()))
    /// });
    /// # let _ = registry;
    /// ```
    ///
    /// # Errors
    /// [`SettingError`] when nobody makes it, or its own settings are wrong.
    pub fn serializer(&self, key: &str) -> Result<Arc<dyn EventSerializer>, SettingError> {
        let written = self.text(key).unwrap_or("text");
        let kind = find(Section::Serializer, written).map(|found| found.component);
        let part = self.of_part(kind, &format!("{key}."));
        let made = self.registry.make_serializer(kind.map_or(written, |kind| kind.name), &part);
        made.ok_or_else(|| self.error(key, format!("names `{written}`, which nobody makes")))?
    }

    /// The user's deserializer whose type stands under `key`, with the keys that follow it; `None` if it is none
    /// of the user's.
    pub(super) fn own_deserializer(&self, key: &str) -> Option<Result<MakeDeserializer, SettingError>> {
        let part = self.of_part(None, &format!("{key}."));
        self.registry.make_deserializer(self.text(key)?, &part)
    }

    pub(super) fn path_manager(&self, key: &str) -> Result<MakeNames, SettingError> {
        let written = self.text(key).unwrap_or("default");
        let kind = find(Section::PathManager, written).map(|found| found.component);
        let part = self.of_part(kind, &format!("{key}."));
        let made = self.registry.make_path_manager(kind.map_or(written, |kind| kind.name), &part);
        made.ok_or_else(|| self.error(key, format!("names `{written}`, which nobody makes")))?
    }

    pub(super) fn registry(&self) -> &'a Registry {
        self.registry
    }

    /// An error about one of the keys.
    pub fn error(&self, key: &str, problem: impl Into<String>) -> SettingError {
        let key = format!("{}{key}", self.prefix);
        SettingError { place: String::new(), component: self.component.title(), key, problem: problem.into() }
    }
}

impl SettingError {
    /// The component's whole key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Says where the key stands, or the type of its component if it is not written.
    pub(crate) fn placed(self, agent: &AgentConfig, files: &SourceFiles) -> Self {
        let component = agent.components.iter().find(|component| component.title() == self.component);
        let setting = component.and_then(|component| component.get(&self.key).or(component.get("type")));
        let Some(span) = setting.map(Setting::value_span) else { return self };
        let Some(file) = files.get(span.file) else { return self };
        let place = format!("{}:{}:{}: ", file.name, span.start.line, span.start.column);
        Self { place, ..self }
    }

    /// What is wrong with it, as in `is missing`.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// A path with `~/` resolved.
pub(in crate::registry) fn at_home(path: &str) -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default();
    path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |rest| home().join(rest))
}
