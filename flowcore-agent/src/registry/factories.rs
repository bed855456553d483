use std::collections::BTreeMap;
use std::path::Path;

use flowcore::event::Event;
use flowcore::ingest::{ChannelFactory, Interceptor, Sink, Source};

use super::boxed::{BoxedChannel, BoxedSink, BoxedSource};
use super::builtin::{self, not_yet, runs_as_part};
use super::settings::{SettingError, Settings};
use crate::check::Surroundings;
use crate::keys::{ComponentType, Section};

pub(crate) type MakeSource = Box<dyn FnMut() -> BoxedSource + Send>;
pub(crate) type MakeSink = Box<dyn FnMut() -> BoxedSink + Send>;
pub(crate) type MakeChannel = BoxedChannel;
pub(crate) type MakeInterceptor = Box<dyn Interceptor<Event>>;

type Factory<M> = Box<dyn Fn(&Settings<'_>) -> Result<M, SettingError> + Send + Sync>;
type Factories<M> = BTreeMap<String, Factory<M>>;

/// Which type name makes what. Flume's types are there as far as they run; those of one's own are added
/// under the exact text that stands behind `type =`, which may be the name of a Java class.
///
/// ```
/// use flowcore::ingest::sink::NullSink;
/// use flowcore_agent::registry::Registry;
///
/// let registry = Registry::builtin().sink("com.example.CountingSink", |settings| {
///     let _table = settings.required("table")?.to_owned();
///     Ok(NullSink::new)
/// });
/// # let _ = registry;
/// ```
#[derive(Default)]
pub struct Registry {
    sources: Factories<MakeSource>,
    channels: Factories<MakeChannel>,
    sinks: Factories<MakeSink>,
    interceptors: Factories<MakeInterceptor>,
}

impl Registry {
    /// Flume's types that run.
    pub fn builtin() -> Self {
        builtin::register(Self::default())
    }

    /// Adds a source, or replaces one. `read` reads the settings once and gives what makes the source, also
    /// anew after a failure.
    #[must_use]
    pub fn source<S: Source, M: FnMut() -> S + Send + 'static>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<M, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: Factory<MakeSource> = Box::new(move |settings| {
            let mut make = read(settings)?;
            Ok(Box::new(move || BoxedSource(Box::new(make()))))
        });
        self.sources.insert(name.into(), factory);
        self
    }

    /// Adds a sink, or replaces one. `read` reads the settings once and gives what makes the sink, also anew
    /// after a failure.
    #[must_use]
    pub fn sink<S: Sink, M: FnMut() -> S + Send + 'static>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<M, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: Factory<MakeSink> = Box::new(move |settings| {
            let mut make = read(settings)?;
            Ok(Box::new(move || BoxedSink(Box::new(make()))))
        });
        self.sinks.insert(name.into(), factory);
        self
    }

    /// Adds a channel, or replaces one.
    #[must_use]
    pub fn channel<C: ChannelFactory>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<C, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: Factory<MakeChannel> =
            Box::new(move |settings| Ok(BoxedChannel(Box::new(read(settings)?))));
        self.channels.insert(name.into(), factory);
        self
    }

    /// Adds an interceptor, or replaces one.
    #[must_use]
    pub fn interceptor<I: Interceptor<Event>>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<I, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: Factory<MakeInterceptor> = Box::new(move |settings| Ok(Box::new(read(settings)?)));
        self.interceptors.insert(name.into(), factory);
        self
    }

    pub(crate) fn make_source(
        &self,
        name: &str,
        settings: &Settings<'_>,
    ) -> Option<Result<MakeSource, SettingError>> {
        self.sources.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_sink(
        &self,
        name: &str,
        settings: &Settings<'_>,
    ) -> Option<Result<MakeSink, SettingError>> {
        self.sinks.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_channel(
        &self,
        name: &str,
        settings: &Settings<'_>,
    ) -> Option<Result<MakeChannel, SettingError>> {
        self.channels.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_interceptor(
        &self,
        name: &str,
        settings: &Settings<'_>,
    ) -> Option<Result<MakeInterceptor, SettingError>> {
        self.interceptors.get(name).map(|factory| factory(settings))
    }

    fn has(&self, section: Section, name: &str) -> bool {
        match section {
            Section::Source => self.sources.contains_key(name),
            Section::Channel => self.channels.contains_key(name),
            Section::Sink => self.sinks.contains_key(name),
            Section::Interceptor => self.interceptors.contains_key(name),
            _ => false,
        }
    }
}

/// A check with it knows which types run. It looks at folders, and opens nothing.
impl Surroundings for Registry {
    fn has_own(&self, section: Section, name: &str) -> bool {
        // A built-in type has its keys checked.
        self.has(section, name) && crate::keys::find(section, name).is_none()
    }

    fn runs(&self, component: &ComponentType) -> bool {
        self.has(component.section, component.name) || runs_as_part(component.section, component.name)
    }

    fn not_yet(&self, component: &ComponentType) -> &'static [&'static str] {
        not_yet(component.section, component.name)
    }

    fn folder_exists(&self, path: &Path) -> Option<bool> {
        Some(path.is_dir())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("sources", &self.sources.keys())
            .field("channels", &self.channels.keys())
            .field("sinks", &self.sinks.keys())
            .field("interceptors", &self.interceptors.keys())
            .finish()
    }
}
