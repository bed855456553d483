use std::collections::BTreeMap;

use flowcore::event::Event;
use flowcore::ingest::{ChannelFactory, Interceptor, Sink, Source};

use super::boxed::{BoxedChannel, BoxedInterceptor, BoxedSink, BoxedSource};
use super::builtin;
use super::parts::PartFactories;
use super::settings::{SettingError, Settings};

pub(crate) type MakeSource = Box<dyn FnMut() -> BoxedSource + Send>;
pub(crate) type MakeSink = Box<dyn FnMut() -> BoxedSink + Send>;

pub(super) type Factory<M> = Box<dyn Fn(&Settings<'_>) -> Result<M, SettingError> + Send + Sync>;
pub(super) type Factories<M> = BTreeMap<String, Factory<M>>;

/// What a factory made, if there is one.
pub(crate) type Made<M> = Option<Result<M, SettingError>>;

/// Which type name makes what. Flume's types are there as far as they run; those of one's own are added
/// under the exact text that stands behind `type =`, which may be the name of a Java class.
///
/// A check tries what is registered for types of one's own, so that what their settings lack is said with
/// its place: `read` reads settings, and opens nothing before what it gave is used.
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
    pub(super) sources: Factories<MakeSource>,
    pub(super) channels: Factories<BoxedChannel>,
    pub(super) sinks: Factories<MakeSink>,
    pub(super) interceptors: Factories<BoxedInterceptor>,
    pub(super) parts: PartFactories,
}

impl Registry {
    /// Flume's types that run.
    pub fn builtin() -> Self {
        builtin::register(Self::default())
    }

    /// Adds a source, or replaces one. `read` reads the settings once and gives what makes the source, also
    /// anew after a failure.
    ///
    /// ```
    /// use flowcore::ingest::source::SeqSource;
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().source("com.example.Countdown", |settings| {
    ///     let events = settings.number("from")?;
    ///     Ok(move || SeqSource::new().total_events(events))
    /// });
    /// # let _ = registry;
    /// ```
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
    ///
    /// ```
    /// use flowcore::event::Event;
    /// use flowcore::ingest::MemoryChannel;
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().channel("com.example.SmallChannel", |settings| {
    ///     Ok(MemoryChannel::<Event>::builder().capacity(settings.number("slots")?))
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn channel<C: ChannelFactory>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<C, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: Factory<BoxedChannel> =
            Box::new(move |settings| Ok(BoxedChannel(Box::new(read(settings)?))));
        self.channels.insert(name.into(), factory);
        self
    }

    /// Adds an interceptor, or replaces one.
    ///
    /// ```
    /// use flowcore::event::Event;
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().interceptor("com.example.Shorten$Builder", |settings| {
    ///     let most: usize = settings.number("bytes")?;
    ///     Ok(move |mut events: Vec<Event>| {
    ///         events.iter_mut().for_each(|event| event.body.truncate(most));
    ///         events
    ///     })
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn interceptor<I: Interceptor<Event>>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<I, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: Factory<BoxedInterceptor> =
            Box::new(move |settings| Ok(BoxedInterceptor(Box::new(read(settings)?))));
        self.interceptors.insert(name.into(), factory);
        self
    }

    pub(crate) fn make_source(&self, name: &str, settings: &Settings<'_>) -> Made<MakeSource> {
        self.sources.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_sink(&self, name: &str, settings: &Settings<'_>) -> Made<MakeSink> {
        self.sinks.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_channel(&self, name: &str, settings: &Settings<'_>) -> Made<BoxedChannel> {
        self.channels.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_interceptor(&self, name: &str, settings: &Settings<'_>) -> Made<BoxedInterceptor> {
        self.interceptors.get(name).map(|factory| factory(settings))
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("sources", &self.sources.keys())
            .field("channels", &self.channels.keys())
            .field("sinks", &self.sinks.keys())
            .field("interceptors", &self.interceptors.keys())
            .field("parts", &self.parts)
            .finish()
    }
}
