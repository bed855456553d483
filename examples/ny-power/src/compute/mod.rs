//! What `ny-power compute` prints: every interval, and a summary.

mod document;
mod summary;

pub use document::Document;
pub use summary::{Extreme, MAX_LISTED, Rejection, Summary};
