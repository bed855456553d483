//! What a changed configuration means for an agent that runs.

mod difference;
mod meaning;

pub use difference::difference;
pub use meaning::Meaning;
