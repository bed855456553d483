use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How fast data is replayed.
///
/// ```
/// use std::time::Duration;
/// use ny_power::cli::Speed;
/// let speed: Speed = "5".parse()?;
/// assert_eq!(speed, Speed::default());
/// assert_eq!(speed.pause(Duration::from_mins(10)), Duration::from_secs(2));
/// assert_eq!("max".parse::<Speed>()?.pause(Duration::from_mins(10)), Duration::ZERO);
/// # Ok::<(), ny_power::cli::SpeedError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// So many minutes of data in a second.
    Minutes(f64),
    /// As fast as it goes.
    Max,
}

/// It is no speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is a number from 0.001 to 1000000, or max")]
pub struct SpeedError;

impl Speed {
    /// How long a stretch of data takes. One that is longer than an hour, as a gap in saved files is, takes no
    /// longer than an hour does.
    pub fn pause(self, data: Duration) -> Duration {
        match self {
            Self::Max => Duration::ZERO,
            Self::Minutes(minutes) => data.min(Duration::from_hours(1)).div_f64(minutes * 60.0),
        }
    }
}

impl Default for Speed {
    /// Five minutes in a second: an interval each second.
    fn default() -> Self {
        Self::Minutes(5.0)
    }
}

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        match text.parse::<f64>() {
            _ if text == "max" => Ok(Self::Max),
            Ok(minutes) if (0.001..=1e6).contains(&minutes) => Ok(Self::Minutes(minutes)),
            _ => Err(SpeedError),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) => write!(f, "{minutes}"),
            Self::Max => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_speed_is_refused() {
        for text in ["", "0", "-1", "NaN", "inf", "1e7", "0.0001", "fast", "5m"] {
            assert_eq!(text.parse::<Speed>(), Err(SpeedError), "{text}");
        }
    }

    #[test]
    fn a_speed_is_shown_as_it_is_read() {
        for text in ["5", "0.5", "max"] {
            assert_eq!(text.parse::<Speed>().unwrap().to_string(), text);
        }
    }
}
