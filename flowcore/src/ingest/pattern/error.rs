/// A regular expression, or a replacement for what it matches, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("regular expression {pattern}: {kind}, at character {at}")]
pub struct PatternError {
    /// The whole text.
    pub pattern: String,
    /// Where the trouble is, counted in characters from 1.
    pub at: usize,
    /// What it is.
    pub kind: PatternErrorKind,
}

/// What is wrong with a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// Java has it, but it cannot be run in linear time, or is too rare.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// It is no regular expression.
    #[error("{0}")]
    Syntax(String),
    /// A replacement names a group that the expression does not have.
    #[error("there is no group {0}")]
    NoGroup(String),
}
