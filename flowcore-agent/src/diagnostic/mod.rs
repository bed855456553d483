//! What is said about a configuration: severity, place, what to do.

mod nearest;
mod place;
mod render;
mod report;

pub use nearest::nearest;
pub(crate) use place::lines;
pub use place::{FileId, Position, SourceFile, SourceFiles, Span};
pub use render::Renderer;
pub use report::{Diagnostic, Related, Severity};
