use super::RoundUnit;

/// A path with escapes that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathTemplateError {
    /// A name in brackets that is none of this machine.
    #[error("{path}: %[{name}] at character {at} is none of %[localhost], %[IP] and %[FQDN]")]
    UnknownHostEscape {
        /// The whole path.
        path: String,
        /// What stands in the brackets.
        name: String,
        /// Where it is, counted in characters from 1.
        at: usize,
    },
    /// Times cannot be rounded so.
    #[error("times cannot be rounded to {value} of unit {unit}: 1 to {most} can be")]
    RoundValue {
        /// The value.
        value: u32,
        /// The unit.
        unit: RoundUnit,
        /// The largest value of this unit.
        most: u32,
    },
}

/// A path cannot be made for an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EscapeError {
    /// It needs a time, and the event has none.
    #[error("the path needs the time of the event, and the event has no header timestamp")]
    NoTimestamp,
    /// Its time is no number of milliseconds.
    #[error("header timestamp of the event is {value:?} and no number of milliseconds since 1970")]
    WrongTimestamp {
        /// What the header has; its first 64 characters.
        value: String,
    },
}
