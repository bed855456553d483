//! Buckets: the stretches of time that orders are counted in, and their names.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use flowcore::base::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

const HOUR_SECONDS: i64 = 3_600;

/// The name of a bucket: when it starts in the zone's time, as `yyyyMMddHHmmss`. Names sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BucketName([u8; 14]);

/// What is no name of a bucket, or no way to make buckets.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// A length that buckets cannot have.
    #[error("a bucket of {seconds} s does not fill an hour: use a divisor of 3600 s, such as 10, 30 or 60")]
    Length {
        /// The length asked for.
        seconds: f64,
    },
    /// A zone that is not in the database.
    #[error("unknown time zone {zone:?}: use a name such as UTC or Asia/Seoul")]
    Zone {
        /// The name asked for.
        zone: String,
    },
    /// Text that is no bucket's name.
    #[error("{name:?} is no bucket: use yyyyMMddHHmmss")]
    Name {
        /// The text.
        name: String,
    },
    /// A year with more or less than four digits.
    #[error("the time {millis} ms is outside of the years 0 to 9999")]
    Range {
        /// The instant.
        millis: i64,
    },
}

/// Which bucket an instant falls into.
///
/// Buckets start at whole multiples of their length **on the zone's clock**: with 30 s, at :00 and :30.
/// When the clock goes back, the hour that it shows twice has each name twice: those orders are counted
/// together, under the one name, and [`parse`](Self::parse) gives the first of the two. When it goes forward,
/// the names of the hour left out do not occur, and [`parse`](Self::parse) moves them on by that hour.
///
/// ```
/// use coffee_orders::bucket::Bucketing;
/// use flowcore::base::Timestamp;
/// use std::time::Duration;
/// let buckets = Bucketing::new(Duration::from_secs(30), "Asia/Seoul")?;
/// let at = Timestamp::from_millis(1_411_873_229_999); // 2014-09-28T03:00:29.999Z
/// assert_eq!(buckets.name(at)?.as_str(), "20140928120000");
/// assert_eq!(buckets.name(at + Duration::from_millis(1))?.as_str(), "20140928120030");
/// # Ok::<(), coffee_orders::bucket::BucketError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bucketing {
    seconds: i64,
    zone: TimeZone,
}

impl Bucketing {
    /// Buckets of `length`, which is whole seconds and divides an hour, in the zone with this IANA name.
    /// The zones are part of the program: the machine need not have them.
    ///
    /// # Errors
    /// [`BucketError::Length`] and [`BucketError::Zone`].
    pub fn new(length: Duration, zone: &str) -> Result<Self, BucketError> {
        let seconds = i64::try_from(length.as_secs()).unwrap_or(0);
        if length.subsec_nanos() != 0 || seconds == 0 || HOUR_SECONDS % seconds != 0 {
            return Err(BucketError::Length { seconds: length.as_secs_f64() });
        }
        let zone = TimeZone::get(zone).map_err(|_| BucketError::Zone { zone: zone.to_owned() })?;
        Ok(Self { seconds, zone })
    }

    /// How long a bucket is.
    pub fn length(&self) -> Duration {
        Duration::from_secs(self.seconds.unsigned_abs())
    }

    /// When the bucket of `at` starts.
    ///
    /// # Errors
    /// [`BucketError::Range`].
    pub fn start(&self, at: Timestamp) -> Result<Timestamp, BucketError> {
        let (local, offset) = self.local_start(at)?;
        Ok(Timestamp::from_millis((local - offset) * 1000))
    }

    /// When the bucket of `at` ends, and the next one starts.
    ///
    /// # Errors
    /// [`BucketError::Range`].
    pub fn end(&self, at: Timestamp) -> Result<Timestamp, BucketError> {
        Ok(self.start(at)? + self.length())
    }

    /// The name of the bucket of `at`.
    ///
    /// # Errors
    /// [`BucketError::Range`].
    pub fn name(&self, at: Timestamp) -> Result<BucketName, BucketError> {
        let range = || BucketError::Range { millis: at.as_millis() };
        // From what the clock shows now: at the start it may have been set otherwise.
        let local = jiff::Timestamp::from_second(self.local_start(at)?.0).map_err(|_| range())?;
        BucketName::of(Offset::UTC.to_datetime(local)).ok_or_else(range)
    }

    /// What the clock shows when the bucket of `at` starts, and how far it is ahead of UTC, in seconds.
    fn local_start(&self, at: Timestamp) -> Result<(i64, i64), BucketError> {
        let offset = i64::from(self.zone.to_offset(jiff(at)?).seconds());
        // Floors also before 1970.
        let local = at.as_millis().div_euclid(1000) + offset;
        Ok((local - local.rem_euclid(self.seconds), offset))
    }

    /// When the bucket with this name starts.
    ///
    /// # Errors
    /// [`BucketError::Name`] for one at which no bucket of this length starts.
    pub fn parse(&self, name: BucketName) -> Result<Timestamp, BucketError> {
        let unknown = || BucketError::Name { name: name.to_string() };
        let local = name.civil().ok_or_else(unknown)?;
        let second = i64::from(local.minute()) * 60 + i64::from(local.second());
        if second % self.seconds != 0 {
            return Err(unknown());
        }
        let instant = self.zone.to_timestamp(local).map_err(|_| unknown())?;
        Ok(Timestamp::from_millis(instant.as_millisecond()))
    }

    /// The names of the last `count` buckets, oldest first, ending with that of `now`. In the hour that the
    /// clock shows twice a name may be among them twice.
    ///
    /// # Errors
    /// [`BucketError::Range`].
    pub fn last(&self, count: u32, now: Timestamp) -> Result<Vec<BucketName>, BucketError> {
        let start = self.start(now)?;
        (0..count).rev().map(|back| self.name(start - self.length() * back)).collect()
    }
}

impl BucketName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        // Only digits are ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 14] {
        &self.0
    }

    fn of(local: DateTime) -> Option<Self> {
        let year = u16::try_from(local.year()).ok()?;
        let (month, day, hour) = (local.month(), local.day(), local.hour());
        let (minute, second) = (local.minute(), local.second());
        let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}");
        text.into_bytes().try_into().ok().map(Self)
    }

    fn civil(&self) -> Option<DateTime> {
        let text = self.as_str();
        let part = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
        let year = text.get(0..4)?.parse().ok()?;
        DateTime::new(year, part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?, part(12, 14)?, 0).ok()
    }
}

impl FromStr for BucketName {
    type Err = BucketError;

    fn from_str(name: &str) -> Result<Self, BucketError> {
        let bytes = <[u8; 14]>::try_from(name.as_bytes()).ok().filter(|b| b.iter().all(u8::is_ascii_digit));
        bytes
            .map(Self)
            .filter(|bucket| bucket.civil().is_some())
            .ok_or_else(|| BucketError::Name { name: name.to_owned() })
    }
}

impl TryFrom<String> for BucketName {
    type Error = BucketError;
    fn try_from(name: String) -> Result<Self, BucketError> {
        name.parse()
    }
}

impl From<BucketName> for String {
    fn from(name: BucketName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn jiff(at: Timestamp) -> Result<jiff::Timestamp, BucketError> {
    let millis = at.as_millis();
    jiff::Timestamp::from_millisecond(millis).map_err(|_| BucketError::Range { millis })
}

#[cfg(test)]
mod tests;
