use std::collections::BTreeMap;
use std::sync::Arc;

use flowcore::ingest::interceptor::GroupSerializer;
use flowcore::ingest::sink::{EventSerializer, FileNames};
use flowcore::ingest::{Selector, SinkPolicy};

use super::Registry;
use super::boxed::{BoxedPolicy, BoxedSelector};
use super::factories::{Factories, Made};
use super::settings::{SettingError, Settings};
use crate::spool::{Deserializer, MakeDeserializer};

/// Reads settings, and is told the names of what it decides about.
type AmongFactory<M> = Box<dyn Fn(&Settings<'_>, &[&str]) -> Result<M, SettingError> + Send + Sync>;
type AmongFactories<M> = BTreeMap<String, AmongFactory<M>>;

/// Who makes the parts of components.
#[derive(Default)]
pub(super) struct PartFactories {
    pub(super) selectors: AmongFactories<BoxedSelector>,
    pub(super) sink_processors: AmongFactories<BoxedPolicy>,
    pub(super) serializers: Factories<Arc<dyn EventSerializer>>,
    pub(super) group_serializers: Factories<Arc<dyn GroupSerializer>>,
    pub(super) deserializers: Factories<MakeDeserializer>,
    pub(super) path_managers: Factories<MakeNames>,
    pub(super) config_filters: Factories<Filter>,
}

/// Makes names for one sink, and again when it is made anew.
pub(crate) type MakeNames = Box<dyn Fn() -> Box<dyn FileNames> + Send>;
/// The value of a key; why there is none that can be had.
pub(super) type Filter = Box<dyn Fn(&str) -> Result<Option<String>, String>>;

impl Registry {
    /// Adds a channel selector, or replaces one. `read` reads the keys under `selector.` and is told the
    /// names of the source's channels, in the order in which routes count them.
    ///
    /// ```
    /// use flowcore::event::Event;
    /// use flowcore::ingest::selector::{Route, Selector};
    /// use flowcore_agent::registry::Registry;
    ///
    /// /// Long events go to the last channel, others to the first one.
    /// struct ByLength {
    ///     limit: usize,
    ///     last: usize,
    /// }
    ///
    /// impl Selector for ByLength {
    ///     fn route(&self, event: &Event) -> Route {
    ///         Route::required([if event.body.len() > self.limit { self.last } else { 0 }])
    ///     }
    /// }
    ///
    /// let registry = Registry::builtin().selector("com.example.ByLength", |settings, channels| {
    ///     Ok(ByLength { limit: settings.number("limit")?, last: channels.len() - 1 })
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn selector<S: Selector>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>, &[&str]) -> Result<S, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: AmongFactory<BoxedSelector> =
            Box::new(move |settings, channels| Ok(BoxedSelector(Box::new(read(settings, channels)?))));
        self.parts.selectors.insert(name.into(), factory);
        self
    }

    /// Adds a sink processor, or replaces one: what decides which sink of a group delivers. `read` reads the
    /// keys under `processor.` and is told the names of the group's sinks, in the order in which the policy
    /// counts them. The same name behind `processor.selector` of a `load_balance` group does as well.
    ///
    /// ```
    /// use flowcore::ingest::FailoverPolicy;
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().sink_processor("com.example.FirstIs", |settings, sinks| {
    ///     let first = settings.required("first")?;
    ///     let priorities = sinks.iter().map(|sink| (*sink == first).then_some(1));
    ///     FailoverPolicy::new(priorities).map_err(|error| settings.error("first", error.to_string()))
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn sink_processor<P: SinkPolicy + Clone>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>, &[&str]) -> Result<P, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory: AmongFactory<BoxedPolicy> =
            Box::new(move |settings, sinks| Ok(BoxedPolicy::new(read(settings, sinks)?)));
        self.parts.sink_processors.insert(name.into(), factory);
        self
    }

    /// Adds an event serializer, or replaces one, for sinks that write files. `read` reads the keys that
    /// follow the serializer's own, as in `sink.serializer.width = 10`.
    ///
    /// ```
    /// use flowcore::event::Event;
    /// use flowcore::ingest::sink::EventSerializer;
    /// use flowcore_agent::registry::Registry;
    ///
    /// struct Separated {
    ///     separator: String,
    /// }
    ///
    /// impl EventSerializer for Separated {
    ///     fn append(&self, event: &Event, out: &mut Vec<u8>) {
    ///         out.extend_from_slice(&event.body);
    ///         out.extend_from_slice(self.separator.as_bytes());
    ///     }
    /// }
    ///
    /// let registry = Registry::builtin().serializer("com.example.Separated$Builder", |settings| {
    ///     Ok(Separated { separator: settings.required("separator")?.to_owned() })
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn serializer<S: EventSerializer>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<S, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory = move |settings: &Settings<'_>| -> Result<Arc<dyn EventSerializer>, SettingError> {
            Ok(Arc::new(read(settings)?))
        };
        self.parts.serializers.insert(name.into(), Box::new(factory));
        self
    }

    /// Adds a deserializer, or replaces one: what cuts the files of a `spooldir` source into events. `read` reads
    /// the keys that follow the deserializer's own, as in `deserializer.length = 10`, and gives what makes one
    /// for each file; see [`Deserializer`] for one.
    #[must_use]
    pub fn deserializer<D: Deserializer, M: Fn() -> D + Send + Sync + 'static>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<M, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory = move |settings: &Settings<'_>| -> Result<MakeDeserializer, SettingError> {
            let make = read(settings)?;
            Ok(Arc::new(move || Box::new(make())))
        };
        self.parts.deserializers.insert(name.into(), Box::new(factory));
        self
    }

    /// Adds what makes a header of a group that the interceptor `regex_extractor` has found, or replaces it.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().group_serializer("com.example.Lower", |_| {
    ///     Ok(|group: &str| Some(Arc::from(group.to_lowercase())))
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn group_serializer<S: GroupSerializer>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<S, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory = move |settings: &Settings<'_>| -> Result<Arc<dyn GroupSerializer>, SettingError> {
            Ok(Arc::new(read(settings)?))
        };
        self.parts.group_serializers.insert(name.into(), Box::new(factory));
        self
    }

    /// Adds what names the files of `file_roll`, or replaces it. `read` reads the keys under
    /// `sink.pathManager.`, of which `prefix` and `extension` are always known.
    ///
    /// ```
    /// use flowcore::base::Timestamp;
    /// use flowcore::ingest::sink::FileNames;
    /// use flowcore_agent::registry::Registry;
    ///
    /// struct Numbered(String, u64);
    ///
    /// impl FileNames for Numbered {
    ///     fn next(&mut self, _begun: Timestamp) -> String {
    ///         self.1 += 1;
    ///         format!("{}{}", self.0, self.1)
    ///     }
    /// }
    ///
    /// let registry = Registry::builtin().path_manager("com.example.Numbered$Builder", |settings| {
    ///     let prefix = settings.text("prefix").unwrap_or("part-").to_owned();
    ///     Ok(move || Numbered(prefix.clone(), 0))
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn path_manager<N: FileNames, M: Fn() -> N + Send + 'static>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<M, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory = move |settings: &Settings<'_>| -> Result<MakeNames, SettingError> {
            let make = read(settings)?;
            Ok(Box::new(move || Box::new(make())))
        };
        self.parts.path_managers.insert(name.into(), Box::new(factory));
        self
    }

    /// Adds a config filter, or replaces one: where `${filter['key']}` in other values comes from. What it
    /// gives is asked for the value of a key: `None` if it has none, an error if it cannot say. A check asks
    /// it as well.
    ///
    /// ```
    /// use flowcore_agent::registry::Registry;
    ///
    /// let registry = Registry::builtin().config_filter("com.example.Vault", |settings| {
    ///     let folder = settings.path("folder")?;
    ///     Ok(move |key: &str| match std::fs::read_to_string(folder.join(key)) {
    ///         Ok(secret) => Ok(Some(secret.trim().to_owned())),
    ///         Err(error) => Err(error.to_string()),
    ///     })
    /// });
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn config_filter<F: Fn(&str) -> Result<Option<String>, String> + 'static>(
        mut self,
        name: impl Into<String>,
        read: impl Fn(&Settings<'_>) -> Result<F, SettingError> + Send + Sync + 'static,
    ) -> Self {
        let factory =
            move |settings: &Settings<'_>| -> Result<Filter, SettingError> { Ok(Box::new(read(settings)?)) };
        self.parts.config_filters.insert(name.into(), Box::new(factory));
        self
    }

    pub(super) fn make_path_manager(&self, name: &str, settings: &Settings<'_>) -> Made<MakeNames> {
        self.parts.path_managers.get(name).map(|factory| factory(settings))
    }

    pub(super) fn make_config_filter(&self, name: &str, settings: &Settings<'_>) -> Made<Filter> {
        self.parts.config_filters.get(name).map(|factory| factory(settings))
    }

    pub(crate) fn make_selector(
        &self,
        name: &str,
        settings: &Settings<'_>,
        channels: &[&str],
    ) -> Made<BoxedSelector> {
        self.parts.selectors.get(name).map(|factory| factory(settings, channels))
    }

    pub(crate) fn make_sink_processor(
        &self,
        name: &str,
        settings: &Settings<'_>,
        sinks: &[&str],
    ) -> Made<BoxedPolicy> {
        self.parts.sink_processors.get(name).map(|factory| factory(settings, sinks))
    }

    pub(super) fn make_serializer(
        &self,
        name: &str,
        settings: &Settings<'_>,
    ) -> Made<Arc<dyn EventSerializer>> {
        self.parts.serializers.get(name).map(|factory| factory(settings))
    }

    pub(super) fn make_deserializer(&self, name: &str, settings: &Settings<'_>) -> Made<MakeDeserializer> {
        self.parts.deserializers.get(name).map(|factory| factory(settings))
    }

    pub(super) fn make_group_serializer(
        &self,
        name: &str,
        settings: &Settings<'_>,
    ) -> Made<Arc<dyn GroupSerializer>> {
        self.parts.group_serializers.get(name).map(|factory| factory(settings))
    }
}

impl std::fmt::Debug for PartFactories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartFactories")
            .field("selectors", &self.selectors.keys())
            .field("sink_processors", &self.sink_processors.keys())
            .field("serializers", &self.serializers.keys())
            .field("group_serializers", &self.group_serializers.keys())
            .field("deserializers", &self.deserializers.keys())
            .field("path_managers", &self.path_managers.keys())
            .field("config_filters", &self.config_filters.keys())
            .finish()
    }
}
