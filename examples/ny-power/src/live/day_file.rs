use std::sync::Arc;

use bytes::Bytes;

use crate::fuel::Fuel;
use crate::reading::{Ending, HeaderError, Reader, Reading, check_header, is_header_beginning};
use crate::row::{Row, RowReader};
use crate::stamp::Stamp;

/// New rows of a file: those of whole intervals, as the file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The file's name.
    pub file: Arc<str>,
    /// The number of the first one, counted from 1, which is the header.
    pub first_row: u64,
    /// The rows with their line ends. The last row of a file has none.
    pub bytes: Bytes,
}

impl Rows {
    /// Reads them. The reader is to have read all rows of the file before them, and nothing else since.
    pub fn read(&self, reader: &mut Reader, out: &mut impl FnMut(Reading)) {
        if self.first_row == 1 {
            reader.begin(&self.file);
        }
        reader.feed(&self.bytes, out);
        // Every interval in them is as it will ever be.
        reader.end(Ending::Final, out);
    }
}

/// Why an answer is not the file that is followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is none of the operator's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// What was there is not there any more.
    #[error("it has {0} rows now, and had more before")]
    Shorter(u64),
}

/// Where whole intervals end, in rows that were not handed over.
#[derive(Default)]
struct Intervals {
    /// All rows until now.
    seen: Part,
    /// Those before the open interval, if any.
    before: Option<Part>,
    /// The published fuels of the open interval, a bit for each.
    fuels: u8,
}

/// Rows up to a place.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    rows: u64,
    end: usize,
    last: Option<Stamp>,
}

impl Intervals {
    /// One more row, `None` for one that says nothing, and where it ends.
    fn add(&mut self, row: Option<&Row>, end: usize) {
        if let Some(row) = row {
            if self.seen.last != Some(row.stamp) {
                self.before = self.seen.last.map(|_| self.seen);
                (self.seen.last, self.fuels) = (Some(row.stamp), 0);
            }
            self.fuels |= row.fuel.published().map_or(0, |place| 1 << place);
        }
        (self.seen.rows, self.seen.end) = (self.seen.rows + 1, end);
    }

    /// An interval is whole when it has every published fuel, or rows of another one come after it.
    fn whole(&self) -> Option<Part> {
        if self.fuels == ALL_FUELS { Some(self.seen) } else { self.before }
    }
}

const ALL_FUELS: u8 = (1 << Fuel::PUBLISHED.len()) - 1;

/// What was handed over of a file that grows.
#[derive(Debug)]
pub(super) struct DayFile {
    name: Arc<str>,
    /// How many rows were handed over, and the last one of them, which shows whether the file is the same.
    rows: u64,
    last_row: Vec<u8>,
    last: Option<Stamp>,
    /// What came after it, and may not be whole.
    held: Bytes,
    /// Whether that was the same at the last two looks, or is nothing.
    is_settled: bool,
    reader: RowReader,
    /// Whether outputs in this file have a decimal point.
    has_points: bool,
}

impl DayFile {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            rows: 0,
            last_row: Vec::new(),
            last: None,
            held: Bytes::new(),
            is_settled: false,
            reader: RowReader::default(),
            has_points: false,
        }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The interval that was handed over last.
    pub(super) fn last(&self) -> Option<Stamp> {
        self.last
    }

    /// Nothing was ever in it.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0 && self.held.is_empty()
    }

    /// Whether the file ended, at the last look, with a whole interval.
    pub(super) fn is_whole(&self) -> bool {
        self.rows > 0 && self.held.is_empty()
    }

    /// Whether another look would show the same, as far as can be told.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// What is new in the file as it is now.
    pub(super) fn take(&mut self, body: &Bytes) -> Result<Option<Rows>, FileError> {
        let header = lines(body).next();
        match header {
            Some(line) if line.is_ended || !is_header_beginning(line.text) => check_header(line.text)?,
            // It begins to grow.
            _ if self.rows == 0 => {
                self.is_settled = !body.is_empty() && *body == self.held;
                self.held = body.clone();
                return Ok(None);
            }
            _ => return Err(FileError::Shorter(0)),
        }
        let rest = body.slice(self.position(body)?..);
        let settled = rest == self.held;
        Ok(self.advance(&rest, settled))
    }

    /// There will be no more: what is left, whole or not.
    pub(super) fn finish(&mut self) -> Option<Rows> {
        let rest = std::mem::take(&mut self.held);
        let count = lines(&rest).count() as u64;
        (count > 0).then(|| self.hand_over(rest, count))
    }

    /// Where the rows begin that were not handed over. If the file was written anew, they are those after
    /// the last interval.
    fn position(&mut self, body: &[u8]) -> Result<usize, FileError> {
        if self.rows == 0 {
            return Ok(0);
        }
        let handed = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let at_count = lines(body).nth(handed - 1);
        if let Some(line) = at_count.as_ref().filter(|line| line.text == self.last_row) {
            return Ok(line.end);
        }
        let mut number = 0;
        let mut found = None;
        for line in lines(body) {
            number += 1;
            if self.reader.read(line.text).is_ok_and(|row| Some(row.stamp) == self.last) {
                found = Some((number, line.end));
            }
        }
        let position = found.or(at_count.map(|line| (self.rows, line.end)));
        let (rows, end) = position.ok_or(FileError::Shorter(number))?;
        self.rows = rows;
        Ok(end)
    }

    /// Hands over the whole intervals at the beginning of `rest`, and holds what is after them.
    fn advance(&mut self, rest: &Bytes, settled: bool) -> Option<Rows> {
        let mut found = Intervals::default();
        for line in lines(rest) {
            let row = self.reader.read(line.text).ok();
            if !line.is_ended && !self.is_whole_row(line.text, row.as_ref(), settled) {
                break;
            }
            self.has_points |= row.as_ref().is_some_and(|row| row.has_point);
            found.add(row.as_ref(), line.end);
        }
        let whole = found.whole();
        self.held = rest.slice(whole.map_or(0, |part| part.end)..);
        self.is_settled = settled || self.held.is_empty();
        let part = whole?;
        self.last = part.last;
        Some(self.hand_over(rest.slice(..part.end), part.rows))
    }

    /// A row without a line end may be the half of one. It is not if it has the decimal that the operator
    /// writes. In a file without decimals, it is not if it is the same at the second look.
    fn is_whole_row(&self, text: &[u8], row: Option<&Row>, settled: bool) -> bool {
        let ends = text.last().is_some_and(u8::is_ascii_digit);
        ends && row.is_some_and(|row| row.has_point || (settled && !self.has_points))
    }

    fn hand_over(&mut self, bytes: Bytes, count: u64) -> Rows {
        let first_row = self.rows + 1;
        self.rows += count;
        self.last_row.clear();
        self.last_row.extend(lines(&bytes).last().map_or(&[][..], |line| line.text));
        Rows { file: Arc::clone(&self.name), first_row, bytes }
    }
}

struct Line<'a> {
    /// Without its end.
    text: &'a [u8],
    /// Where the next one begins.
    end: usize,
    is_ended: bool,
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let found = memchr::memchr(b'\n', rest);
        let text = found.map_or(rest, |length| rest.get(..length).unwrap_or_default());
        start += found.map_or(rest.len(), |length| length + 1);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(Line { text, end: start, is_ended: found.is_some() })
    })
}

#[cfg(test)]
mod tests;
