use flowcore::base::Timestamp;
use flowcore::ingest::calendar::TimeZone;

/// The time zone that this machine is set to, with the rules of its database.
#[derive(Debug, Clone)]
pub(crate) struct LocalZone(jiff::tz::TimeZone);

impl LocalZone {
    /// That of `TZ`, or of the system.
    pub(crate) fn system() -> Self {
        Self(jiff::tz::TimeZone::system())
    }
}

impl TimeZone for LocalZone {
    fn offset(&self, instant: Timestamp) -> i32 {
        let instant = jiff::Timestamp::from_millisecond(instant.as_millis());
        instant.map_or(0, |instant| self.0.to_offset(instant).seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_counts() {
        let zone = LocalZone(jiff::tz::TimeZone::get("Europe/Prague").unwrap());
        let at =
            |text: &str| Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        assert_eq!(zone.offset(at("2024-01-01T00:00:00Z")), 3_600);
        assert_eq!(zone.offset(at("2024-07-01T00:00:00Z")), 7_200);
        assert_eq!(zone.offset(Timestamp::MAX), 0, "no date there");
    }
}
