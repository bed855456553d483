use std::fmt;

/// What happens to an event whose path needs a time that it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingTimestamp {
    /// It is an error, as in Flume.
    #[default]
    Fail,
    /// It gets the time that it is.
    Now,
    /// It gets no path.
    Drop,
}

/// What times are rounded down to multiples of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundUnit {
    /// Seconds of a minute, 1 to 60.
    Second,
    /// Minutes of an hour, 1 to 60.
    Minute,
    /// Hours of a day, 1 to 24.
    Hour,
}

impl RoundUnit {
    /// The largest value of it.
    pub(super) fn most(self) -> u32 {
        match self {
            Self::Second | Self::Minute => 60,
            Self::Hour => 24,
        }
    }
}

impl fmt::Display for RoundUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
        })
    }
}
