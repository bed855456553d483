use flowcore::base::Timestamp;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::stamp::NEW_YORK;

/// A day of New York's calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) date: Date,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Day {
    pub(super) fn new(date: Date) -> Self {
        let tomorrow = date.saturating_add(1.day());
        Self { date, start: midnight(date), end: midnight(tomorrow) }
    }

    pub(super) fn file(self) -> String {
        let date = self.date;
        format!("{:04}{:02}{:02}rtfuelmix.csv", date.year(), date.month(), date.day())
    }

    /// The zip with all days of the month.
    pub(super) fn month(self) -> String {
        format!("{:04}{:02}01rtfuelmix_csv.zip", self.date.year(), self.date.month())
    }
}

pub(super) fn back(date: Date, days: i64) -> Date {
    date.saturating_sub(Span::new().days(days))
}

/// Clocks in New York change at two: every day has its midnight.
fn midnight(date: Date) -> Timestamp {
    let midnight = date.to_zoned(NEW_YORK.clone()).map(|zoned| millis(zoned.timestamp()));
    midnight.unwrap_or(Timestamp::MAX)
}

pub(super) fn date_of(now: Timestamp) -> Date {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    now.to_zoned(NEW_YORK.clone()).date()
}

pub(super) fn millis(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millisecond())
}
