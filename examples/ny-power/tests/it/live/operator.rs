//! Files as the operator writes them.

use std::fmt::Write;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use ny_power::fuel::Fuel;
use ny_power::live::Rows;
use ny_power::reading::{Reader, Reading};
use ny_power::stamp::{NEW_YORK, Stamp};

pub(crate) const HEADER: &str = "Time Stamp,Time Zone,Fuel Category,Gen MW\r\n";

pub(crate) fn midnight(date: Date) -> Timestamp {
    date.to_zoned(NEW_YORK.clone()).unwrap().timestamp()
}

pub(crate) fn name(date: Date) -> String {
    date.strftime("%Y%m%drtfuelmix.csv").to_string()
}

/// The ends of the intervals of a day: every five minutes, the closing midnight with them.
pub(crate) fn instants(date: Date) -> Vec<Timestamp> {
    let end = midnight(date.saturating_add(1.day()));
    let step = SignedDuration::from_mins(5);
    std::iter::successors(Some(midnight(date) + step), |at| Some(*at + step))
        .take_while(|at| *at <= end)
        .collect()
}

/// The file of a day when the intervals up to `until` are in it. Its last row has no line end.
pub(crate) fn file(date: Date, until: Timestamp) -> String {
    let mut text = HEADER.to_owned();
    for at in instants(date).into_iter().filter(|at| *at <= until) {
        let stamp = Stamp::new(at).unwrap();
        for (fuel, mw) in Fuel::PUBLISHED.iter().zip(1000..) {
            write!(text, "{stamp},{},{},{mw}.0\r\n", stamp.zone(), fuel.name()).unwrap();
        }
    }
    text.trim_end().to_owned()
}

/// Reads what was handed over, as the pump does.
#[derive(Default)]
pub(crate) struct Received {
    reader: Reader,
    pub(crate) instants: Vec<Timestamp>,
    pub(crate) refused: Vec<String>,
}

impl Received {
    pub(crate) fn read(&mut self, rows: &Rows) {
        rows.read(&mut self.reader, &mut |reading| match reading {
            Reading::Interval(interval) => self.instants.push(interval.at()),
            Reading::Refused(refusal) => self.refused.push(refusal.to_string()),
            Reading::UnknownFuel(_) => {}
        });
    }
}
