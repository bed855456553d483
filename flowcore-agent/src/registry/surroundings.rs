use std::path::Path;

use super::builtin::{not_yet, runs_as_part};
use super::{Registry, SettingError, Settings};
use crate::check::Surroundings;
use crate::keys::{ComponentType, Section};
use crate::model::ComponentConfig;

impl Registry {
    fn has(&self, section: Section, name: &str) -> bool {
        match section {
            Section::Source => self.sources.contains_key(name),
            Section::Channel => self.channels.contains_key(name),
            Section::Sink => self.sinks.contains_key(name),
            Section::Interceptor => self.interceptors.contains_key(name),
            Section::Selector => self.parts.selectors.contains_key(name),
            Section::SinkProcessor => self.parts.sink_processors.contains_key(name),
            Section::Serializer => self.parts.serializers.contains_key(name),
            Section::ExtractorSerializer => self.parts.group_serializers.contains_key(name),
            Section::PathManager => self.parts.path_managers.contains_key(name),
            Section::ConfigFilter => self.parts.config_filters.contains_key(name),
            Section::Deserializer => self.parts.deserializers.contains_key(name),
            Section::HttpHandler => false,
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

    fn file_exists(&self, path: &Path) -> Option<bool> {
        Some(super::settings::at_home(&path.to_string_lossy()).is_file())
    }

    fn ask(&self, filter: &ComponentConfig, key: &str) -> Result<Option<String>, String> {
        let settings = Settings::new(filter, None, self);
        let name = filter.value("type").unwrap_or("");
        match self.make_config_filter(name, &settings) {
            Some(Ok(ask)) => ask(key),
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(None),
        }
    }

    fn refused(&self, component: &ComponentConfig) -> Vec<SettingError> {
        self.try_settings(component)
    }
}
