//! Times as a person reads them.

use std::fmt;
use std::time::Duration;

use crate::base::Timestamp;

/// An instant in UTC, as `2014-09-28T12:00:00.000Z`.
pub(super) struct Utc(pub(super) Timestamp);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400_000;
        let millis = self.0.as_millis();
        let (days, in_day) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        if !(0..=9999).contains(&year) {
            // Nobody reads a date there.
            return write!(f, "{}", self.0);
        }
        let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
        let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

/// Year, month and day of a number of days since 1970, in eras of 400 years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (after, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year + after, month, day - (153 * ((month + 9) % 12) + 2) / 5 + 1)
}

/// A stretch of time in its two largest units, as `2 min 3 s`.
pub(super) struct Readable(pub(super) Duration);

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let two = |f: &mut fmt::Formatter<'_>, large: u64, unit: &str, small: u64, smaller: &str| {
            write!(f, "{large} {unit}")?;
            if small > 0 { write!(f, " {small} {smaller}") } else { Ok(()) }
        };
        match seconds {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..60 => {
                let tenths = self.0.subsec_millis() / 100;
                if tenths > 0 { write!(f, "{seconds}.{tenths} s") } else { write!(f, "{seconds} s") }
            }
            60..3600 => two(f, seconds / 60, "min", seconds % 60, "s"),
            3600..86_400 => two(f, seconds / 3600, "h", seconds / 60 % 60, "min"),
            _ => two(f, seconds / 86_400, "d", seconds / 3600 % 24, "h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_dates_in_utc() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_411_905_600_000, "2014-09-28T12:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Utc(Timestamp::from_millis(millis)).to_string(), text);
        }
        for far in [Timestamp::MAX, Timestamp::MIN] {
            assert_eq!(Utc(far).to_string(), far.to_string());
        }
    }

    #[test]
    fn stretches_are_read_in_their_two_largest_units() {
        for (millis, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (12_340, "12.3 s"),
            (60_000, "1 min"),
            (123_000, "2 min 3 s"),
            (3_660_000, "1 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(Readable(Duration::from_millis(millis)).to_string(), text);
        }
    }
}
