use std::fmt;

use super::{MAX_CUPS, MAX_LINE_BYTES, MAX_NAME_BYTES};

/// Why a line is no order. The message is a sentence for the rejects file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reject {
    /// The line has nothing in it.
    #[error("the line is empty")]
    Empty,
    /// More than [`MAX_LINE_BYTES`].
    #[error("the line has {bytes} bytes, more than the {MAX_LINE_BYTES} allowed")]
    LineTooLong {
        /// How many bytes it has.
        bytes: u64,
    },
    /// Bytes that are no text.
    #[error("byte {at} of the line is not UTF-8")]
    NotUtf8 {
        /// The first such byte, counted from 1.
        at: usize,
    },
    /// Text that is no JSON.
    #[error("broken JSON at column {column}: {problem}")]
    Json {
        /// The place in the line, counted in bytes from 1.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// JSON, but no object.
    #[error("the line is {found}, not an object")]
    NotAnObject {
        /// What it is.
        found: JsonType,
    },
    /// A field that an order must have.
    #[error("the field `{field}` is missing")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field with a value of another kind.
    #[error("the field `{field}` is {found}, not {expected}")]
    WrongType {
        /// Its name.
        field: &'static str,
        /// What it is.
        found: JsonType,
        /// What it should be.
        expected: JsonType,
    },
    /// A cup that is no text.
    #[error("cup {cup} in the field `orders` is {found}, not text")]
    WrongCup {
        /// Which cup, counted from 1.
        cup: usize,
        /// What it is.
        found: JsonType,
    },
    /// A field that is there twice.
    #[error("a field is there twice: {problem}")]
    Twice {
        /// What the parser says.
        problem: String,
    },
    /// An order of nothing.
    #[error("the order has no cups")]
    NoCups,
    /// More than [`MAX_CUPS`].
    #[error("the order has {cups} cups, more than the {MAX_CUPS} allowed")]
    TooManyCups {
        /// How many.
        cups: usize,
    },
    /// A name without a visible character.
    #[error("a name in the field `{field}` is empty")]
    EmptyName {
        /// Where.
        field: &'static str,
    },
    /// More than [`MAX_NAME_BYTES`].
    #[error("a name in the field `{field}` has {bytes} bytes, more than the {MAX_NAME_BYTES} allowed")]
    NameTooLong {
        /// Where.
        field: &'static str,
        /// How many.
        bytes: usize,
    },
    /// The branch `all` is the sum of the others.
    #[error("a branch must not be called `all`, the name of all branches together")]
    ReservedBranch,
    /// A character that keys and pages cannot hold.
    #[error("the name of the branch has the character {character:?}, which is not allowed")]
    BranchCharacter {
        /// Which.
        character: char,
    },
    /// More distinct names than are counted in one bucket.
    #[error("there are more than {most} different {what} in this bucket already", most = what.most())]
    TooManyNames {
        /// Names of what.
        what: Limit,
    },
}

impl Reject {
    /// A line of `bytes` bytes is too long; for who has only its beginning.
    pub fn line_too_long(bytes: u64) -> Self {
        Self::LineTooLong { bytes }
    }
}

/// What there may be only so many different names of in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Branches.
    Branches,
    /// Customer age grades.
    AgeGrades,
    /// Payment methods.
    PaymentMethods,
    /// Coffee types.
    CoffeeTypes,
}

impl Limit {
    /// How many.
    pub const fn most(self) -> usize {
        1_000
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Branches => "branches",
            Self::AgeGrades => "customer age grades",
            Self::PaymentMethods => "payment methods",
            Self::CoffeeTypes => "coffee types",
        })
    }
}

/// The kinds of JSON values, as a sentence names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// `1.5`
    Number,
    /// `"text"`
    Text,
    /// `[…]`
    List,
    /// `{…}`
    Object,
}

impl JsonType {
    pub(super) fn of(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}
