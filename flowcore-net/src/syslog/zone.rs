use flowcore::base::Timestamp;
use flowcore::ingest::calendar;
use jiff::tz::TimeZone;

/// Where stamps without a zone are from (`timezone`).
///
/// ```
/// use flowcore_net::syslog::Zone;
/// assert!(Zone::named("Europe/Berlin").is_ok());
/// assert!(Zone::named("Europe/Atlantis").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(pub(super) TimeZone);

/// A name that is none of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone is called {0:?}")]
pub struct UnknownZone(String);

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The machine's.
    pub fn local() -> Self {
        Self(TimeZone::system())
    }

    /// The one of this name in the time zone database, as `America/New_York`.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.to_owned()))
    }
}

impl calendar::TimeZone for Zone {
    fn offset(&self, instant: Timestamp) -> i32 {
        let instant = jiff::Timestamp::from_millisecond(instant.as_millis());
        instant.map_or(0, |instant| self.0.to_offset(instant).seconds())
    }
}
