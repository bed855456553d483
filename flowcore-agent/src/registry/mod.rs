//! From type names to components: Flume's own types as far as they run, and those of the user.

mod boxed;
mod builtin;
mod factories;
mod settings;

pub use factories::Registry;
pub use settings::{SettingError, Settings};
