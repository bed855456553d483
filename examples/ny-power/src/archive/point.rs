use std::fmt;

use jiff::Timestamp;

use super::Refusal;

/// The longest name of a fuel category that is kept.
const LONGEST_NAME: usize = 128;

/// What a 64-bit count of nanoseconds can say, less a margin: an InfluxDB keeps nothing outside.
pub(super) const EARLIEST: Timestamp = Timestamp::constant(-9_000_000_000, 0);
pub(super) const LATEST: Timestamp = Timestamp::constant(9_000_000_000, 0);

/// One value of one series at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Which series.
    pub series: Series,
    /// When the interval ended.
    pub at: Timestamp,
    /// Grams of CO2 a kilowatt-hour, or megawatts.
    pub value: f64,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// The computed intensity, g / kWh.
    Intensity,
    /// The output of one fuel category, MW.
    Fuel(String),
}

impl Point {
    /// Why no archive keeps this point. The rule is the same for all, so that what one has, another can
    /// take: a finite value, an instant that nanoseconds can say, and a name of 1 to 128 bytes without
    /// control characters and backslashes, which InfluxDB's line protocol cannot carry.
    pub fn refusal(&self) -> Option<&'static str> {
        if !self.value.is_finite() {
            return Some("the value is not finite");
        }
        if self.at < EARLIEST || LATEST < self.at {
            return Some("the instant is out of range");
        }
        self.series.refusal()
    }
}

impl Series {
    fn refusal(&self) -> Option<&'static str> {
        let Self::Fuel(name) = self else { return None };
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Some("the name does not have 1 to 128 bytes");
        }
        let bad = |letter: char| letter.is_control() || letter == '\\';
        name.contains(bad).then_some("the name has a backslash or a control character")
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intensity => f.write_str("the intensity"),
            Self::Fuel(name) => write!(f, "fuel {name:?}"),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.series, self.at)
    }
}

/// Whole milliseconds since 1970, the earlier one where it is between two.
pub(super) fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// Those that an archive can keep, and what is to be said of the others.
pub(super) fn sift(points: &[Point]) -> (Vec<&Point>, Option<Refusal>) {
    let mut refused = None;
    let mut keep = |point: &&Point| {
        let refusal = point.refusal().map(|reason| Refusal::of(point, reason));
        let keeps = refusal.is_none();
        refused = Refusal::join(refused.take(), refusal);
        keeps
    };
    let good = points.iter().filter(|point| keep(point)).collect();
    (good, refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str, second: i64, value: f64) -> Option<&'static str> {
        let at = Timestamp::from_second(second).unwrap();
        Point { series: Series::Fuel(name.to_owned()), at, value }.refusal()
    }

    #[test]
    fn what_no_archive_can_keep_is_told_from_what_is_only_unusual() {
        for name in ["Wind", "a, b = \"c\" 'd'", "Wasserkraft: Mühle", "#", "%2F", "名", &"x".repeat(128)] {
            assert_eq!(refusal(name, 0, -0.5), None, "{name}");
        }
        for name in ["", "a\nb", "a\\", "\u{0}", &"x".repeat(129)] {
            assert!(refusal(name, 0, 1.0).is_some(), "{name:?}");
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(refusal("Wind", 0, value), Some("the value is not finite"));
        }
        assert_eq!(refusal("Wind", 9_000_000_000, f64::MAX), None);
        assert_eq!(refusal("Wind", 9_000_000_001, 1.0), Some("the instant is out of range"));
        assert_eq!(refusal("Wind", -9_000_000_001, 1.0), Some("the instant is out of range"));
    }

    #[test]
    fn an_instant_between_two_milliseconds_is_the_earlier_one() {
        for (nanos, expected) in [(1_999_999, 1), (2_000_000, 2), (-1, -1), (-1_000_000, -1)] {
            assert_eq!(millis(Timestamp::from_nanosecond(nanos).unwrap()), expected, "{nanos}");
        }
    }
}
