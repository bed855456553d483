//! Dates and times of day: what paths and headers are made of.
//!
//! The library brings the calendar and fixed offsets. Zones with rules come from whoever has a database of
//! them, through [`TimeZone`]: one method.

mod civil;
mod date_pattern;
mod zone;

pub use civil::CivilTime;
pub use date_pattern::{DatePattern, DatePatternError};
pub use zone::{FixedOffset, TimeZone, instant_of};

pub(crate) use civil::{MONTHS, WEEKDAYS};
