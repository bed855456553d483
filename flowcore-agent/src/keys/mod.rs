//! Every component type and every key of Flume 1.11, as data: what `check`, the factories and the documents
//! read.

mod channels;
mod component;
mod key;
mod parts;
mod section;
mod sinks;
mod sources;
mod tls;
mod value;

pub use component::{ComponentType, Found, Tier, Transport, all, find};
pub(crate) use key::find_key;
pub use key::{Key, Kind, Ours};
pub use section::Section;
pub(crate) use value::is_quoted;
pub use value::{ValueProblem, check_value};
