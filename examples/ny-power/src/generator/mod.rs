//! Days in the operator's own format: invented, but with curves, stamps and gaps like the real ones.
//!
//! The same seed gives the same bytes everywhere, and one day goes on where the day before ended: all of it is
//! whole numbers, and depends on the seed and the instant alone.

mod curve;
mod noise;

use std::fmt::Write;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::fuel::Fuel;
use crate::stamp::{NEW_YORK, Stamp};
use curve::output;
use noise::Noise;

/// Seconds from one row of the grid to the next.
const GRID: i64 = 300;
/// Of so many slots one has another run of the dispatch behind it.
const OFF_GRID: u64 = 100;
/// Of so many slots one is missing.
const MISSING: u64 = 2_000;
/// Of so many days one is without the row that closes it.
const NOT_CLOSED: u64 = 6;

/// A day of the operator, invented.
///
/// ```
/// let day = ny_power::generator::Day::new("2016-04-01".parse()?, 7);
/// assert_eq!(day.file_name(), "20160401rtfuelmix.csv");
/// let text = String::from_utf8(day.bytes())?;
/// assert!(text.starts_with("Time Stamp,Time Zone,Fuel Category,Gen MWh\r\n04/01/2016 00:0"));
/// assert!(!text.ends_with("\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    date: Date,
    seed: u64,
}

impl Day {
    /// The day of that date in New York.
    pub const fn new(date: Date, seed: u64) -> Self {
        Self { date, seed }
    }

    /// This day and those after it.
    pub fn following(self, count: usize) -> impl Iterator<Item = Self> {
        self.date.series(1.day()).take(count).map(move |date| Self { date, ..self })
    }

    /// As the operator would call it.
    pub fn file_name(self) -> String {
        self.date.strftime("%Y%m%drtfuelmix.csv").to_string()
    }

    /// The whole file: CRLF between rows, none after the last.
    pub fn bytes(self) -> Vec<u8> {
        let mut text = String::with_capacity(90_000);
        text.push_str("Time Stamp,Time Zone,Fuel Category,");
        // The last column had another name until then.
        text.push_str(if self.date < jiff::civil::date(2017, 11, 25) { "Gen MWh" } else { "Gen MW" });
        for stamp in self.stamps() {
            for fuel in &Fuel::PUBLISHED {
                let mw = output(fuel, stamp, self.seed);
                // Writing to a String does not fail.
                let _ = write!(text, "\r\n{stamp},{},{fuel},{mw}.0", stamp.zone());
            }
        }
        text.into_bytes()
    }

    /// The instants with rows: five minutes apart, with gaps and with runs between them.
    pub fn stamps(self) -> impl Iterator<Item = Stamp> {
        let midnight =
            |date: Date| NEW_YORK.to_timestamp(date.at(0, 0, 0, 0)).map_or(0, Timestamp::as_second);
        let (from, until) = (midnight(self.date), self.date.tomorrow().map_or(0, midnight));
        let noise = Noise::new(self.seed);
        (from..=until)
            .step_by(usize::try_from(GRID).unwrap_or(usize::MAX))
            .flat_map(move |at| [on_grid(noise, at, from, until), off_grid(noise, at, until)])
            .flatten()
            .filter_map(|at| Stamp::new(Timestamp::from_second(at).ok()?))
    }
}

fn on_grid(noise: Noise, at: i64, from: i64, until: i64) -> Option<i64> {
    let one_of = if at == until { NOT_CLOSED } else { MISSING };
    (at > from && !noise.happens("gap", at, one_of)).then_some(at)
}

/// Between the slot at this instant and the next.
fn off_grid(noise: Noise, at: i64, until: i64) -> Option<i64> {
    let seconds = noise.below("seconds", at, GRID - 1) + 1;
    (at < until && noise.happens("run", at, OFF_GRID)).then_some(at + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamps(date: &str, seed: u64) -> Vec<String> {
        let day = Day::new(date.parse().unwrap(), seed);
        day.stamps().map(|stamp| format!("{stamp} {}", stamp.zone())).collect()
    }

    fn on_grid(date: &str, seed: u64) -> Vec<String> {
        let mut stamps = stamps(date, seed);
        stamps.retain(|stamp| stamp.contains("0:00 ") || stamp.contains("5:00 "));
        stamps
    }

    #[test]
    fn a_day_begins_five_minutes_past_midnight_and_ends_at_the_next() {
        let seed = (0..100).find(|&seed| on_grid("2016-04-01", seed).len() == 288).unwrap();
        let stamps = on_grid("2016-04-01", seed);
        assert_eq!(stamps[0], "04/01/2016 00:05:00 EDT");
        assert_eq!(stamps[287], "04/02/2016 00:00:00 EDT");
    }

    #[test]
    fn the_day_of_the_clock_change_has_an_hour_more_or_less() {
        let most = |date: &str| (0..40).map(|seed| on_grid(date, seed).len()).max();
        assert_eq!((most("2016-11-06"), most("2016-03-13")), (Some(300), Some(276)));
        let spring = (0..40).flat_map(|seed| stamps("2016-03-13", seed));
        assert_eq!(spring.filter(|stamp| stamp.starts_with("03/13/2016 02:")).count(), 0);
        let autumn = stamps("2016-11-06", 1);
        for zone in ["EDT", "EST"] {
            let hour = autumn.iter().filter(|s| s.starts_with("11/06/2016 01:") && s.ends_with(zone));
            assert!(hour.count() >= 11, "{zone}");
        }
    }

    #[test]
    fn some_stamps_are_off_the_grid_and_some_days_are_not_closed() {
        let days = Day::new("2016-04-01".parse().unwrap(), 3).following(60);
        let stamps: Vec<Vec<String>> =
            days.map(|day| day.stamps().map(|stamp| stamp.to_string()).collect()).collect();
        let off =
            stamps.iter().flatten().filter(|stamp| !stamp.ends_with("0:00") && !stamp.ends_with("5:00"));
        let closed = stamps.iter().filter(|day| day.last().is_some_and(|last| last.ends_with("00:00:00")));
        let (off, closed) = (off.count(), closed.count());
        assert!((60..400).contains(&off), "{off}");
        assert!((30..60).contains(&closed), "{closed}");
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
        let day = |seed| Day::new("2020-02-29".parse().unwrap(), seed).bytes();
        assert_eq!(day(1), day(1));
        assert_ne!(day(1), day(2));
    }
}
