use flowcore::base::{Clock, Timestamp};
use flowcore::ingest::sink::FileNames;

/// Names of files as Flume's path managers make them: prefix, time, number from 1, extension.
#[derive(Debug, Clone)]
pub(crate) struct FlumeNames {
    prefix: String,
    suffix: String,
    time: TimeInName,
    number: u64,
}

#[derive(Debug, Clone)]
enum TimeInName {
    /// That of the configuration, the same in all names.
    Configured(String),
    /// That at which the file is begun, in this zone. Numbers begin anew when it changes.
    Begun { zone: jiff::tz::TimeZone, last: String },
}

impl FlumeNames {
    /// `DEFAULT`: milliseconds since 1970.
    pub(crate) fn configured_now(prefix: &str, extension: &str) -> Self {
        let millis = Clock::system().now().as_millis().to_string();
        Self::new(prefix, extension, TimeInName::Configured(millis))
    }

    /// `ROLLTIME`: `yyyyMMddHHmmss` in this machine's zone.
    pub(crate) fn roll_time(prefix: &str, extension: &str) -> Self {
        let zone = jiff::tz::TimeZone::system();
        Self::new(prefix, extension, TimeInName::Begun { zone, last: String::new() })
    }

    fn new(prefix: &str, extension: &str, time: TimeInName) -> Self {
        let suffix = if extension.is_empty() { String::new() } else { format!(".{extension}") };
        Self { prefix: prefix.to_owned(), suffix, time, number: 0 }
    }
}

impl FileNames for FlumeNames {
    fn next(&mut self, now: Timestamp) -> String {
        let time = match &mut self.time {
            TimeInName::Configured(millis) => millis,
            TimeInName::Begun { zone, last } => {
                let time = text(now, zone);
                if time != *last {
                    (*last, self.number) = (time, 0);
                }
                last
            }
        };
        self.number += 1;
        format!("{}{time}-{}{}", self.prefix, self.number, self.suffix)
    }
}

fn text(now: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    let instant = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    instant.to_zoned(zone.clone()).strftime("%Y%m%d%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_flume() {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
        let begun = TimeInName::Begun { zone, last: String::new() };
        let mut names = FlumeNames::new("web-", "log", begun);
        let mut next = |millis| names.next(Timestamp::from_millis(millis));
        assert_eq!(next(1_709_164_800_000), "web-20240229090000-1.log");
        assert_eq!(next(1_709_164_800_999), "web-20240229090000-2.log");
        assert_eq!(next(1_709_164_801_000), "web-20240229090001-1.log");
        let mut names = FlumeNames::new("", "", TimeInName::Configured("17".to_owned()));
        let mut next = |millis| names.next(Timestamp::from_millis(millis));
        assert_eq!([next(1), next(2)], ["17-1", "17-2"]);
    }
}
