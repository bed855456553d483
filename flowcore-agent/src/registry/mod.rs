//! From type names to components: Flume's own types as far as they run, and those of the user.

mod boxed;
mod builtin;
mod factories;
mod parts;
mod settings;
mod surroundings;
mod trial;

pub(crate) use boxed::{BoxedInterceptor, BoxedPolicy, BoxedSelector, BoxedSink};
pub(crate) use factories::MakeSink;
pub use factories::Registry;
pub use settings::{SettingError, Settings};
