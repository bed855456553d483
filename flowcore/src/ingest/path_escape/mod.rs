//! Paths and names that are made for each event: `%{header}`, `%Y-%m-%d` and so on.

mod error;
mod options;
mod part;
mod template;
mod time_text;

pub use error::{EscapeError, PathTemplateError};
pub use options::{MissingTimestamp, RoundUnit};
pub use template::{PathTemplate, Rendered};
