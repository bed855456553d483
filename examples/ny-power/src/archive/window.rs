use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::messages::{ARCHIVE, INTENSITY_UNITS, Window};

/// How much of the past the published window shows: whole minutes, from one minute to 31 days.
///
/// The window before an instant begins after `instant - length` and ends with the instant itself.
///
/// ```
/// use ny_power::archive::WindowLength;
/// let length: WindowLength = "20h".parse()?;
/// assert_eq!(length, WindowLength::default());
/// assert_eq!(length.topic(), "ny-power/archive/co2/20h");
/// assert_eq!("90m".parse::<WindowLength>()?.to_string(), "90m");
/// assert_eq!("120m".parse::<WindowLength>()?.to_string(), "2h");
/// let error = "a day".parse::<WindowLength>().unwrap_err();
/// assert_eq!(error.to_string(), "a window is as long as `20h` or `90m`: from 1m to 744h");
/// # Ok::<_, ny_power::archive::WindowError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowLength {
    minutes: u32,
}

/// The text says no length, or one that is too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a window is as long as `20h` or `90m`: from 1m to 744h")]
pub struct WindowError;

const LONGEST_MINUTES: u32 = 31 * 24 * 60;

impl Default for WindowLength {
    /// 20 hours.
    fn default() -> Self {
        Self { minutes: 20 * 60 }
    }
}

impl FromStr for WindowLength {
    type Err = WindowError;
    fn from_str(text: &str) -> Result<Self, WindowError> {
        let hours = text.strip_suffix('h').map(|digits| (digits, 60));
        let (digits, unit) = hours.or_else(|| Some((text.strip_suffix('m')?, 1))).ok_or(WindowError)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WindowError);
        }
        let minutes = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        let within = minutes.filter(|minutes| (1..=LONGEST_MINUTES).contains(minutes));
        within.map(|minutes| Self { minutes }).ok_or(WindowError)
    }
}

/// The topic's last segment: hours if they are whole, else minutes.
impl fmt::Display for WindowLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.minutes / 60, self.minutes % 60) {
            (hours, 0) => write!(f, "{hours}h"),
            _ => write!(f, "{}m", self.minutes),
        }
    }
}

impl WindowLength {
    /// Where the window is published.
    pub fn topic(self) -> String {
        format!("{ARCHIVE}{self}")
    }

    /// The instant that the window before `until` begins after.
    pub fn start(self, until: Timestamp) -> Timestamp {
        let length = SignedDuration::from_mins(i64::from(self.minutes));
        until.checked_sub(length).unwrap_or(Timestamp::MIN)
    }

    /// The message for the window before `until`: of the points given, those in it, by time. Of several at
    /// one instant the last one counts.
    pub fn message(self, until: Timestamp, points: impl IntoIterator<Item = (Timestamp, f64)>) -> Window {
        let start = self.start(until);
        let within = points.into_iter().filter(|(at, _)| start < *at && *at <= until);
        let sorted: std::collections::BTreeMap<_, _> = within.collect();
        let (ts, values) = sorted.into_iter().unzip();
        Window { units: INTENSITY_UNITS.to_owned(), ts, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_are_none_are_refused() {
        let wrong = ["", "h", "20", "20s", "0h", "0m", "745h", "44641m", "-1h", "+1h", "1.5h", " 1h", "1 h"];
        for text in wrong.into_iter().chain(["99999999999h", "71582789h", "１h", "20H"]) {
            assert_eq!(text.parse::<WindowLength>(), Err(WindowError), "{text}");
        }
    }

    #[test]
    fn a_length_is_read_as_it_is_shown() {
        for text in ["1m", "59m", "1h", "61m", "20h", "24h", "744h"] {
            assert_eq!(text.parse::<WindowLength>().unwrap().to_string(), text);
        }
        assert_eq!("1440m".parse::<WindowLength>(), "24h".parse());
    }

    #[test]
    fn the_start_is_out_and_the_end_is_in_and_the_order_is_by_time() {
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let length: WindowLength = "10m".parse().unwrap();
        let points =
            [(at(21), 6.0), (at(20), 5.0), (at(11), 1.0), (at(10), 0.0), (at(15), 2.0), (at(15), 3.0)];
        let window = length.message(at(20), points);
        assert_eq!((window.ts, window.values), (vec![at(11), at(15), at(20)], vec![1.0, 3.0, 5.0]));
        assert_eq!(window.units, "g / kWh");
        assert_eq!(length.message(at(500), points).ts, []);
    }

    #[test]
    fn instants_are_published_in_iso_8601_with_a_z() {
        let at = "2016-04-15T06:55:00-04:00".parse().unwrap();
        let window = WindowLength::default().message(at, [(at, 233.5158)]);
        let json = r#"{"units":"g / kWh","ts":["2016-04-15T10:55:00Z"],"values":[233.5158]}"#;
        assert_eq!(serde_json::to_string(&window).unwrap(), json);
    }

    #[test]
    fn the_first_instant_there_is_has_a_window() {
        let window = WindowLength::default().message(Timestamp::MIN, [(Timestamp::MIN, 1.0)]);
        assert_eq!(window.ts, []);
    }
}
