//! References in values: `${env:NAME}`, `${key}`, defaults; and config filters.

mod date;
mod expand;
mod filters;
mod lookups;

pub use date::java_date;
pub use expand::{Interpolated, interpolate};
pub use filters::{FilterAnswer, FilterCall, apply_filters};
pub use lookups::Lookups;
