use std::fmt;

/// How values are written. Both ends must have the same; a message of the other is recognised and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Numbers in as few bytes as they need: Flume's default.
    #[default]
    Compact,
    /// Numbers of fixed length. The strict form is written; the one without a version is read as well.
    Binary,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compact => "compact",
            Self::Binary => "binary",
        })
    }
}
