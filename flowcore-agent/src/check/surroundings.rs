use std::path::Path;

use crate::keys::{ComponentType, Section};
use crate::model::ComponentConfig;
use crate::registry::SettingError;

/// What a check may ask about beside the configuration.
pub trait Surroundings {
    /// Whether the user has a factory of his own under exactly this name.
    fn has_own(&self, section: Section, name: &str) -> bool;

    /// Whether this built-in type can run.
    fn runs(&self, component: &ComponentType) -> bool;

    /// Keys of this built-in type that cannot be followed yet.
    fn not_yet(&self, component: &ComponentType) -> &'static [&'static str];

    /// Whether a folder is there. `None` if nobody looks.
    fn folder_exists(&self, path: &Path) -> Option<bool>;

    /// Whether a file is there. `None` if nobody looks.
    fn file_exists(&self, _path: &Path) -> Option<bool> {
        None
    }

    /// What a config filter of the user's own says of a key: its value, that it has none, or why it cannot
    /// say.
    ///
    /// # Errors
    /// That of the filter.
    fn ask(&self, _filter: &ComponentConfig, _key: &str) -> Result<Option<String>, String> {
        Ok(None)
    }

    /// What those who make a component and its parts have against its settings, beyond what tables say.
    fn refused(&self, _component: &ComponentConfig) -> Vec<SettingError> {
        Vec::new()
    }
}

/// No factories of one's own; all built-in types count as able to run; nobody looks at folders.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingElse;

impl Surroundings for NothingElse {
    fn has_own(&self, _section: Section, _name: &str) -> bool {
        false
    }

    fn runs(&self, _component: &ComponentType) -> bool {
        true
    }

    fn not_yet(&self, _component: &ComponentType) -> &'static [&'static str] {
        &[]
    }

    fn folder_exists(&self, _path: &Path) -> Option<bool> {
        None
    }
}
