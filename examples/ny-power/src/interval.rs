//! The rows of one instant, together.

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::fuel::Fuel;
use crate::row::Row;
use crate::stamp::Stamp;

/// An interval with more fuels than this, the seven with them, is refused.
pub const MAX_FUELS: usize = 32;

/// What the grid gave in one interval: every published fuel once, perhaps unknown ones as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    stamp: Stamp,
    mw: Outputs,
    row: u64,
}

type Outputs = SmallVec<[(Fuel, f64); Fuel::PUBLISHED.len()]>;

impl Interval {
    /// When it ended, UTC.
    pub const fn at(&self) -> Timestamp {
        self.stamp.at()
    }

    /// When it ended, as the file says it.
    pub const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Fuels with their output in MW, in the order of the file.
    pub fn mw(&self) -> &[(Fuel, f64)] {
        &self.mw
    }

    /// The output of all fuels together, in MW.
    pub fn total_mw(&self) -> f64 {
        self.mw.iter().map(|(_, mw)| mw).sum()
    }

    /// The number of its first row in the file, counted from 1 with the header.
    pub const fn row(&self) -> u64 {
        self.row
    }

    pub(crate) fn retain_fuels(&mut self, mut keep: impl FnMut(&Fuel) -> bool) {
        self.mw.retain(|(fuel, _)| keep(fuel));
    }
}

/// Why the rows of an instant are refused together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// Published fuels are missing: the sum and the intensity would be wrong.
    #[error("the interval {stamp} {zone} is without {missing}: its {rows} rows are left out", zone = stamp.zone())]
    Incomplete {
        /// Which interval.
        stamp: Stamp,
        /// The fuels, with commas.
        missing: String,
        /// How many rows it has.
        rows: usize,
    },
    /// A later one was there before.
    #[error("the interval {stamp} {zone} comes after {last} {last_zone}", zone = stamp.zone(), last_zone = last.zone())]
    Late {
        /// Which interval.
        stamp: Stamp,
        /// The latest before it.
        last: Stamp,
    },
    /// The same one was there before.
    #[error("the interval {stamp} {zone} was there before", zone = stamp.zone())]
    Repeated {
        /// Which interval.
        stamp: Stamp,
    },
}

/// Why a row is not part of its interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberError {
    /// The fuel has a row already; that one counts.
    #[error("{0} is in this interval already: the first row counts")]
    Duplicate(Fuel),
    /// It has more fuels than an interval can have.
    #[error("the interval has {MAX_FUELS} fuels already")]
    TooMany,
}

/// Puts rows of one instant together. An interval is complete when a row of another instant comes, or the
/// input ends.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    open: Option<Interval>,
}

impl Assembler {
    /// The interval that is open, if it is that of this stamp.
    pub(crate) fn open_at(&mut self, stamp: Stamp) -> Option<&mut Interval> {
        self.open.as_mut().filter(|open| open.stamp == stamp)
    }

    /// Opens an interval with its first row, and gives back the one that was open before.
    pub(crate) fn begin(&mut self, row: Row, number: u64) -> Option<Interval> {
        let mut mw = Outputs::new();
        mw.push((row.fuel, row.mw));
        self.open.replace(Interval { stamp: row.stamp, mw, row: number })
    }

    /// The interval that is open.
    pub(crate) fn end(&mut self) -> Option<Interval> {
        self.open.take()
    }
}

impl Interval {
    /// Adds a row of its instant.
    pub(crate) fn add(&mut self, row: Row) -> Result<(), MemberError> {
        // The place where the file has it, in its usual order, is looked at first.
        if row.fuel.published() != Some(self.mw.len()) && self.mw.iter().any(|(fuel, _)| *fuel == row.fuel) {
            return Err(MemberError::Duplicate(row.fuel));
        }
        if self.mw.len() >= MAX_FUELS {
            return Err(MemberError::TooMany);
        }
        self.mw.push((row.fuel, row.mw));
        Ok(())
    }

    /// Every published fuel is there.
    pub(crate) fn check(&self) -> Result<(), IntervalError> {
        let found = self.mw.iter().filter(|(fuel, _)| fuel.published().is_some()).count();
        // None is there twice.
        if found == Fuel::PUBLISHED.len() {
            return Ok(());
        }
        let is_there = |wanted: &&Fuel| self.mw.iter().any(|(fuel, _)| fuel == *wanted);
        let missing: Vec<&str> =
            Fuel::PUBLISHED.iter().filter(|fuel| !is_there(fuel)).map(Fuel::name).collect();
        let rows = self.mw.len();
        Err(IntervalError::Incomplete { stamp: self.stamp, missing: missing.join(", "), rows })
    }
}
