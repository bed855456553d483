//! Files of the operator, as intervals and refusals.

mod body;
mod header;

use std::fmt;
use std::sync::Arc;

use body::Body;
pub use header::HeaderError;
pub(crate) use header::{check as check_header, is_beginning as is_header_beginning};

use crate::fuel::Fuel;
use crate::interval::{Interval, IntervalError, MemberError};
use crate::lines::Lines;
use crate::row::RowError;
use crate::stamp::Stamp;

/// Unknown fuel categories that are taken; what comes after them is refused, so that nobody fills the broker
/// with topics.
pub const MAX_UNKNOWN_FUELS: usize = 16;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// An interval, later than every one before it.
    Interval(Interval),
    /// Input that is left out. What is before and after it is not.
    Refused(Refusal),
    /// A fuel category that is new, in the interval that comes next. It is said once.
    UnknownFuel(Fuel),
}

/// Input that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The file, or the member of a zip.
    pub file: Arc<str>,
    /// The row, counted from 1 with the header; 0 for the whole file.
    pub row: u64,
    /// Why.
    pub reason: Reason,
}

/// Why input is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The whole file, by its first row.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The whole file, since it cannot be read. The text names the cause.
    #[error("{0}")]
    File(Arc<str>),
    /// One row.
    #[error(transparent)]
    Row(#[from] RowError),
    /// One row that does not fit to those of its instant.
    #[error(transparent)]
    Member(#[from] MemberError),
    /// All rows of one instant; the number is that of the first.
    #[error(transparent)]
    Interval(#[from] IntervalError),
    /// The fuel of an interval; the number is that of the interval's first row.
    #[error("{0} is not taken: there were {MAX_UNKNOWN_FUELS} unknown fuels already")]
    TooManyFuels(Fuel),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, reason } = self;
        if *row == 0 { write!(f, "{file}: {reason}") } else { write!(f, "{file}, row {row}: {reason}") }
    }
}

/// How much was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Intervals handed over.
    pub intervals: u64,
    /// Data rows, the refused ones with them.
    pub rows: u64,
    /// Refusals.
    pub refused: u64,
    /// Intervals that were known before, see [`Reader::after`].
    pub known: u64,
}

/// Whether there will be more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The file is as it will ever be: what is not whole is refused.
    Final,
    /// The file grows. A last interval that is not whole is left for the next time, and nothing is said.
    Growing,
}

/// Reads one file after the other, in pieces of any size. It keeps the open interval and the beginning of a
/// row, and nothing that grows.
///
/// ```
/// use ny_power::reading::{Ending, Reader, Reading};
/// let mut readings = Vec::new();
/// let mut reader = Reader::default();
/// reader.begin("20160401rtfuelmix.csv");
/// reader.feed(b"Time Stamp,Time Zone,Fuel Category,Gen MW\r\n", &mut |reading| readings.push(reading));
/// for row in ["Dual Fuel,2681.0", "Natural Gas,1638.0", "Nuclear,4383.0", "Other Fossil Fuels,1.0",
///     "Other Renewables,262.0", "Wind,1431.0", "Hydro,-1"] {
///     let row = format!("04/01/2016 00:05:00,EDT,{row}\r\n");
///     reader.feed(row.as_bytes(), &mut |reading| readings.push(reading));
/// }
/// reader.end(Ending::Final, &mut |reading| readings.push(reading));
/// let said: Vec<String> = readings.iter().map(|reading| match reading {
///     Reading::Refused(refusal) => refusal.to_string(),
///     other => format!("{other:?}"),
/// }).collect();
/// assert_eq!(said, [
///     "20160401rtfuelmix.csv, row 8: the output -1 is negative",
///     "20160401rtfuelmix.csv, row 2: the interval 04/01/2016 00:05:00 EDT is without Hydro: \
///      its 6 rows are left out",
/// ]);
/// ```
#[derive(Debug, Default)]
pub struct Reader {
    lines: Lines,
    body: Body,
}

impl Reader {
    /// A reader that leaves out, without a word, intervals up to this one, as they were read before.
    pub fn after(last: Stamp) -> Self {
        Self { lines: Lines::default(), body: Body::after(last) }
    }

    /// A file begins. What was left of one before it is forgotten.
    pub fn begin(&mut self, file: &str) {
        self.lines = Lines::default();
        self.body.begin(file.into());
    }

    /// The next piece of the file.
    pub fn feed(&mut self, bytes: &[u8], out: &mut impl FnMut(Reading)) {
        let body = &mut self.body;
        self.lines.feed(bytes, &mut |line| body.line(line, out));
    }

    /// The file has ended.
    pub fn end(&mut self, ending: Ending, out: &mut impl FnMut(Reading)) {
        let body = &mut self.body;
        self.lines.end(&mut |line| body.last_line(line, ending, out));
        body.end(ending, out);
    }

    /// The file cannot be read further: its last interval, if it is whole, is handed over, then the refusal.
    pub fn fail(&mut self, why: &str, out: &mut impl FnMut(Reading)) {
        self.lines = Lines::default();
        self.body.fail(why, out);
    }

    /// How much was read.
    pub const fn counts(&self) -> Counts {
        self.body.counts
    }
}

#[cfg(test)]
mod tests;
