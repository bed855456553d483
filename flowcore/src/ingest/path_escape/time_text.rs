use std::fmt::{self, Write};

use super::RoundUnit;
use crate::base::Timestamp;
use crate::ingest::calendar::{CivilTime, MONTHS, TimeZone, WEEKDAYS, instant_of};

/// A time, ready to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    instant: Timestamp,
    civil: CivilTime,
    offset: i32,
}

impl Moment {
    pub(super) fn new(instant: Timestamp, zone: &dyn TimeZone) -> Self {
        let offset = zone.offset(instant);
        Self { instant, civil: CivilTime::at(instant, offset), offset }
    }

    /// Rounded down to a multiple of `value` units, as the clocks of `zone` show them.
    pub(super) fn rounded(self, unit: RoundUnit, value: u32, zone: &dyn TimeZone) -> Self {
        let value = i64::from(value.max(1));
        let CivilTime { hour, minute, second, millis, .. } = self.civil;
        let over = match unit {
            RoundUnit::Second => (second % value) * 1_000 + millis,
            RoundUnit::Minute => ((minute % value) * 60 + second) * 1_000 + millis,
            // Minutes are behind us on the same clock; whole hours may be on the one before it was set.
            RoundUnit::Hour => (minute * 60 + second) * 1_000 + millis,
        };
        let instant = Timestamp::from_millis(self.instant.as_millis().saturating_sub(over));
        if unit != RoundUnit::Hour || hour % value == 0 {
            return Self::new(instant, zone);
        }
        let civil = CivilTime { hour: hour - hour % value, minute: 0, second: 0, millis: 0, ..self.civil };
        Self::new(instant_of(&civil, zone).or_else(|| skipped(&civil, zone)).unwrap_or(instant), zone)
    }

    /// What the escape `letter` stands for.
    pub(super) fn write(&self, letter: char, out: &mut String) -> fmt::Result {
        let time = &self.civil;
        let half = match time.hour % 12 {
            0 => 12,
            hour => hour,
        };
        let (weekday, month) = (name(&WEEKDAYS, time.weekday), name(&MONTHS, time.month - 1));
        match letter {
            's' => write!(out, "{}", self.instant.as_millis().div_euclid(1_000)),
            'a' => out.write_str(short(weekday)),
            'A' => out.write_str(weekday),
            'b' => out.write_str(short(month)),
            'B' => out.write_str(month),
            'c' => {
                write!(out, "{} {} {} ", short(weekday), short(month), time.day)?;
                write!(out, "{:02}:{:02}:{:02} {:04}", time.hour, time.minute, time.second, time.year)
            }
            'd' => write!(out, "{:02}", time.day),
            'e' => write!(out, "{}", time.day),
            'D' => write!(out, "{:02}/{:02}/{:02}", time.month, time.day, time.year.rem_euclid(100)),
            'H' => write!(out, "{:02}", time.hour),
            'k' => write!(out, "{}", time.hour),
            'I' => write!(out, "{half:02}"),
            'l' => write!(out, "{half}"),
            'j' => write!(out, "{:03}", time.day_of_year),
            'm' => write!(out, "{:02}", time.month),
            'n' => write!(out, "{}", time.month),
            'M' => write!(out, "{:02}", time.minute),
            'S' => write!(out, "{:02}", time.second),
            'p' => out.write_str(if time.hour < 12 { "AM" } else { "PM" }),
            'y' => write!(out, "{:02}", time.year.rem_euclid(100)),
            'Y' => write!(out, "{:04}", time.year),
            _ => self.write_offset(out),
        }
    }

    fn write_offset(&self, out: &mut String) -> fmt::Result {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs() / 60;
        write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }
}

/// The instant at which clocks would show `time`, had they not been put forward over it.
fn skipped(time: &CivilTime, zone: &dyn TimeZone) -> Option<Timestamp> {
    let utc = time.in_utc()?;
    let before = zone.offset(utc - std::time::Duration::from_hours(24));
    Some(Timestamp::from_millis(utc.as_millis().saturating_sub(i64::from(before) * 1_000)))
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}
