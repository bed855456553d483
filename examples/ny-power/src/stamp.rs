//! New York's wall time with its zone, and the instant that it means.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};

use crate::excerpt::excerpt;

/// The operator's clock. Its rules are compiled in.
pub static NEW_YORK: TimeZone = jiff::tz::get!("America/New_York");

/// The zone column of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    /// Standard time, five hours behind UTC.
    Est,
    /// Daylight saving time, four hours behind UTC.
    Edt,
}

impl Zone {
    /// `EST` or `EDT`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Est => "EST",
            Self::Edt => "EDT",
        }
    }

    /// How far it is from UTC.
    pub const fn offset(self) -> Offset {
        match self {
            Self::Est => Offset::constant(-5),
            Self::Edt => Offset::constant(-4),
        }
    }

    fn parse(text: &[u8]) -> Option<Self> {
        match text {
            b"EST" => Some(Self::Est),
            b"EDT" => Some(Self::Edt),
            _ => None,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An instant, and how New York's clocks show it. It is displayed as `MM/DD/YYYY HH:MM:SS`, without the zone.
///
/// ```
/// use ny_power::stamp::{Stamp, StampReader};
/// let stamp = StampReader::default().read(b"04/01/2016 00:05:00", b"EDT")?;
/// assert_eq!(stamp.at().to_string(), "2016-04-01T04:05:00Z");
/// assert_eq!(stamp.to_string(), "04/01/2016 00:05:00");
/// assert_eq!(stamp.zone().name(), "EDT");
/// assert_eq!(Stamp::new(stamp.at()), Some(stamp));
/// # Ok::<(), ny_power::stamp::StampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stamp {
    at: Timestamp,
    zone: Zone,
}

impl Stamp {
    /// How New York's clocks show the instant; `None` where they had neither of the two zones, long ago.
    pub fn new(at: Timestamp) -> Option<Self> {
        let offset = NEW_YORK.to_offset(at);
        let zone = [Zone::Est, Zone::Edt].into_iter().find(|zone| zone.offset() == offset)?;
        Some(Self { at, zone })
    }

    /// The instant, UTC.
    pub const fn at(self) -> Timestamp {
        self.at
    }

    /// The zone of the wall time.
    pub const fn zone(self) -> Zone {
        self.zone
    }

    /// The wall time.
    pub fn local(self) -> DateTime {
        self.zone.offset().to_datetime(self.at)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        let (year, month, day) = (local.year(), local.month(), local.day());
        let (hour, minute, second) = (local.hour(), local.minute(), local.second());
        write!(f, "{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}")
    }
}

/// Why a stamp means no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// The zone is neither of the two.
    #[error("unknown zone `{0}`: it is EST or EDT")]
    Zone(String),
    /// It does not look like a stamp, or its date or time does not exist anywhere.
    #[error("`{0}` is no stamp: it is MM/DD/YYYY HH:MM:SS")]
    Form(String),
    /// New York's clocks never showed this.
    #[error("{local} {said} does not exist: at that instant New York has {has}")]
    NotInNewYork {
        /// The wall time, as it was written.
        local: String,
        /// The zone that was said.
        said: Zone,
        /// The zone that there is at the instant.
        has: String,
    },
}

/// Reads stamps. It remembers for which stretch of time a zone was right, so that the clock's rules are asked
/// twice a year of input.
#[derive(Debug, Clone, Default)]
pub struct StampReader {
    checked: Option<Checked>,
}

#[derive(Debug, Clone, Copy)]
struct Checked {
    zone: Zone,
    from: Timestamp,
    /// Not in it.
    until: Timestamp,
}

impl StampReader {
    /// The instant of `MM/DD/YYYY HH:MM:SS`, or without seconds, in the zone `EST` or `EDT`.
    ///
    /// # Errors
    /// When it is no such stamp, or New York's clocks do not show it in that zone: the hour that is left out
    /// in spring, a zone out of season.
    pub fn read(&mut self, local: &[u8], zone: &[u8]) -> Result<Stamp, StampError> {
        let zone = Zone::parse(zone).ok_or_else(|| StampError::Zone(excerpt(zone)))?;
        let form = || StampError::Form(excerpt(local));
        let at = zone.offset().to_timestamp(wall_time(local).ok_or_else(form)?).map_err(|_| form())?;
        if !self.checked.is_some_and(|c| c.zone == zone && c.from <= at && at < c.until) {
            self.checked = Some(check(at, zone, local)?);
        }
        Ok(Stamp { at, zone })
    }
}

/// Whether the zone is right at that instant, and for how long from then on.
fn check(at: Timestamp, zone: Zone, local: &[u8]) -> Result<Checked, StampError> {
    let there = NEW_YORK.to_offset_info(at);
    if there.offset() != zone.offset() {
        let has = there.abbreviation().to_owned();
        return Err(StampError::NotInNewYork { local: excerpt(local), said: zone, has });
    }
    let next = NEW_YORK.following(at).next();
    Ok(Checked { zone, from: at, until: next.map_or(Timestamp::MAX, |next| next.timestamp()) })
}

fn wall_time(text: &[u8]) -> Option<DateTime> {
    let (text, second) = match text {
        [minutes @ .., b':', tens, ones] if minutes.len() == 16 => (minutes, two(*tens, *ones)?),
        minutes => (minutes, 0),
    };
    let [m1, m2, b'/', d1, d2, b'/', y1, y2, y3, y4, b' ', h1, h2, b':', i1, i2] = *text else {
        return None;
    };
    let year = i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?);
    let date = civil::Date::new(year, two(m1, m2)?, two(d1, d2)?).ok()?;
    let time = civil::Time::new(two(h1, h2)?, two(i1, i2)?, second, 0).ok()?;
    Some(date.to_datetime(time))
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    i8::try_from(digit(tens)? * 10 + digit(ones)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(local: &str, zone: &str) -> Result<String, String> {
        let read = StampReader::default().read(local.as_bytes(), zone.as_bytes());
        read.map(|stamp| stamp.at().to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn both_zones_give_the_instant_in_their_season() {
        assert_eq!(read("04/01/2016 00:05:00", "EDT").as_deref(), Ok("2016-04-01T04:05:00Z"));
        assert_eq!(read("01/19/2016 00:05:00", "EST").as_deref(), Ok("2016-01-19T05:05:00Z"));
        assert_eq!(read("04/01/2016 16:07:02", "EDT").as_deref(), Ok("2016-04-01T20:07:02Z"));
    }

    #[test]
    fn seconds_may_be_missing_and_are_displayed_all_the_same() {
        let stamp = StampReader::default().read(b"01/19/2016 00:05", b"EST").unwrap();
        assert_eq!(stamp.at().to_string(), "2016-01-19T05:05:00Z");
        assert_eq!(stamp.to_string(), "01/19/2016 00:05:00");
    }

    #[test]
    fn the_hour_that_comes_twice_in_autumn_is_told_apart_by_its_zone() {
        assert_eq!(read("11/02/2025 01:00:00", "EDT").as_deref(), Ok("2025-11-02T05:00:00Z"));
        assert_eq!(read("11/02/2025 01:55:00", "EDT").as_deref(), Ok("2025-11-02T05:55:00Z"));
        assert_eq!(read("11/02/2025 01:00:00", "EST").as_deref(), Ok("2025-11-02T06:00:00Z"));
        assert_eq!(read("11/02/2025 02:00:00", "EST").as_deref(), Ok("2025-11-02T07:00:00Z"));
    }

    #[test]
    fn a_wall_time_that_new_york_never_showed_is_refused() {
        for (local, zone, has) in [
            ("03/13/2016 02:30:00", "EST", "EDT"),
            ("03/13/2016 02:00:00", "EST", "EDT"),
            ("03/13/2016 02:30:00", "EDT", "EST"),
            ("01/19/2016 12:00:00", "EDT", "EST"),
            ("07/04/2016 12:00:00", "EST", "EDT"),
            ("11/02/2025 02:00:00", "EDT", "EST"),
            ("11/02/2025 00:55:00", "EST", "EDT"),
        ] {
            let why = format!("{local} {zone} does not exist: at that instant New York has {has}");
            assert_eq!(read(local, zone), Err(why));
        }
    }

    #[test]
    fn what_is_no_date_or_time_is_refused() {
        for text in [
            "",
            "04/01/2016",
            "4/1/2016 00:05:00",
            "13/01/2016 00:05:00",
            "02/30/2016 00:05:00",
            "04/01/2016 24:00:00",
            "04/01/2016 00:60:00",
            "04/01/2016 00:05:60",
            "04-01-2016 00:05:00",
            "04/01/2016T00:05:00",
            "04/01/2016 00:05:0",
            "04/01/2016 00:05:000",
            "2016-04-01 00:05:00",
            "04/01/2016 00:05:",
            "04/01/2016 0a:05:00",
            "00/01/2016 00:05:00",
        ] {
            assert_eq!(read(text, "EDT"), Err(format!("`{text}` is no stamp: it is MM/DD/YYYY HH:MM:SS")));
        }
    }

    #[test]
    fn a_zone_that_is_none_of_new_york_is_refused() {
        for zone in ["", "CST", "est", "UTC", "EDTX"] {
            let why = format!("unknown zone `{zone}`: it is EST or EDT");
            assert_eq!(read("04/01/2016 00:05:00", zone), Err(why));
        }
    }

    #[test]
    fn a_reader_that_has_read_much_says_the_same_as_a_new_one() {
        let mut reader = StampReader::default();
        for at in (0..600).flat_map(|day| [1_452_000_000 + day * 86_400, 1_452_000_000 - day * 70_000]) {
            let stamp = Stamp::new(Timestamp::from_second(at).unwrap()).unwrap();
            for zone in ["EST", "EDT"] {
                let local = stamp.to_string();
                let read = reader.read(local.as_bytes(), zone.as_bytes());
                assert_eq!(read, StampReader::default().read(local.as_bytes(), zone.as_bytes()));
                assert_eq!(read.is_ok(), zone == stamp.zone().name(), "{local} {zone}");
                assert!(read.is_err() || read == Ok(stamp));
            }
        }
    }
}
