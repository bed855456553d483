use std::sync::Arc;

use super::{Counts, Ending, HeaderError, MAX_UNKNOWN_FUELS, Reading, Reason, Refusal, header};
use crate::excerpt::excerpt;
use crate::fuel::Fuel;
use crate::interval::{Assembler, Interval, IntervalError};
use crate::lines::Line;
use crate::row::{Row, RowError, RowReader};
use crate::stamp::Stamp;

/// What the lines of a file mean.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) counts: Counts,
    file: Arc<str>,
    /// The number of the last row.
    row: u64,
    state: State,
    rows: RowReader,
    /// Whether outputs in this file have a decimal point.
    has_points: bool,
    intervals: Assembler,
    last: Option<Stamp>,
    /// Intervals up to this one were read before.
    known: Option<Stamp>,
    unknown: Vec<Fuel>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// The header comes next.
    #[default]
    Begin,
    Rows,
    /// Nothing more of this file counts.
    Refused,
}

impl Body {
    pub(super) fn after(last: Stamp) -> Self {
        Self { known: Some(last), ..Self::default() }
    }

    pub(super) fn begin(&mut self, file: Arc<str>) {
        self.intervals.end();
        (self.file, self.row, self.state, self.has_points) = (file, 0, State::Begin, false);
    }

    pub(super) fn line(&mut self, line: Line<'_>, out: &mut impl FnMut(Reading)) {
        self.row += 1;
        match (self.state, line) {
            (State::Rows, Line::Whole(b"")) | (State::Refused, _) => {}
            (State::Rows, Line::Whole(row) | Line::Last(row)) => {
                self.counts.rows += 1;
                match self.rows.read(row) {
                    Ok(row) => self.take(row, out),
                    Err(error) => self.refuse(self.row, error, out),
                }
            }
            (State::Rows, Line::TooLong) => {
                self.counts.rows += 1;
                self.refuse(self.row, RowError::TooLong, out);
            }
            (State::Begin, line) => self.header(line, out),
        }
    }

    /// A row that the input ends with may be the half of one.
    pub(super) fn last_line(&mut self, line: Line<'_>, ending: Ending, out: &mut impl FnMut(Reading)) {
        let Line::Last(text) = line else { return self.line(line, out) };
        if self.state == State::Begin && ending == Ending::Growing && header::is_beginning(text) {
            return;
        }
        let row = (self.state == State::Rows).then(|| self.rows.read(text));
        let half = match row {
            Some(Ok(row)) if self.has_points && !row.has_point => Some(Ok(())),
            Some(Err(error)) => Some(Err(error)),
            _ => None,
        };
        match (half, ending) {
            (Some(_), Ending::Growing) => {}
            (Some(Ok(())), Ending::Final) => {
                (self.row, self.counts.rows) = (self.row + 1, self.counts.rows + 1);
                self.refuse(self.row, RowError::Half(excerpt(text)), out);
            }
            _ => self.line(line, out),
        }
    }

    pub(super) fn end(&mut self, ending: Ending, out: &mut impl FnMut(Reading)) {
        if self.state == State::Begin && ending == Ending::Final {
            self.refuse(0, HeaderError::Empty, out);
        }
        match self.intervals.end() {
            Some(open) if ending == Ending::Growing && open.check().is_err() => {}
            open => self.close(open, out),
        }
    }

    pub(super) fn fail(&mut self, why: &str, out: &mut impl FnMut(Reading)) {
        let open = self.intervals.end();
        self.close(open, out);
        self.refuse(0, Reason::File(why.into()), out);
        self.state = State::Refused;
    }

    fn header(&mut self, line: Line<'_>, out: &mut impl FnMut(Reading)) {
        let checked = match line {
            Line::Whole(row) | Line::Last(row) => header::check(row),
            Line::TooLong => Err(HeaderError::Columns("a row that is too long".to_owned())),
        };
        self.state = if checked.is_ok() { State::Rows } else { State::Refused };
        if let Err(error) = checked {
            self.refuse(0, error, out);
        }
    }

    fn take(&mut self, row: Row, out: &mut impl FnMut(Reading)) {
        self.has_points |= row.has_point;
        let Some(open) = self.intervals.open_at(row.stamp) else {
            let closed = self.intervals.begin(row, self.row);
            return self.close(closed, out);
        };
        if let Err(error) = open.add(row) {
            self.refuse(self.row, error, out);
        }
    }

    fn close(&mut self, interval: Option<Interval>, out: &mut impl FnMut(Reading)) {
        let Some(mut interval) = interval else { return };
        if self.known.is_some_and(|known| interval.at() <= known.at()) {
            self.counts.known += 1;
            return;
        }
        if let Err(error) = self.check(&interval) {
            return self.refuse(interval.row(), error, out);
        }
        if interval.mw().len() > Fuel::PUBLISHED.len() {
            self.unknown_fuels(&mut interval, out);
        }
        self.last = Some(interval.stamp());
        self.counts.intervals += 1;
        out(Reading::Interval(interval));
    }

    fn check(&self, interval: &Interval) -> Result<(), IntervalError> {
        interval.check()?;
        let stamp = interval.stamp();
        match self.last {
            Some(last) if last.at() == stamp.at() => Err(IntervalError::Repeated { stamp }),
            Some(last) if last.at() > stamp.at() => Err(IntervalError::Late { stamp, last }),
            _ => Ok(()),
        }
    }

    fn unknown_fuels(&mut self, interval: &mut Interval, out: &mut impl FnMut(Reading)) {
        let (number, mut refused) = (interval.row(), Vec::new());
        interval.retain_fuels(|fuel| {
            if fuel.published().is_some() || self.unknown.contains(fuel) {
                return true;
            }
            let has_room = self.unknown.len() < MAX_UNKNOWN_FUELS;
            if has_room {
                self.unknown.push(fuel.clone());
                out(Reading::UnknownFuel(fuel.clone()));
            } else {
                refused.push(fuel.clone());
            }
            has_room
        });
        for fuel in refused {
            self.refuse(number, Reason::TooManyFuels(fuel), out);
        }
    }

    fn refuse(&mut self, row: u64, reason: impl Into<Reason>, out: &mut impl FnMut(Reading)) {
        self.counts.refused += 1;
        out(Reading::Refused(Refusal { file: Arc::clone(&self.file), row, reason: reason.into() }));
    }
}
