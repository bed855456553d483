//! One data row of a file: stamp, zone, fuel category, megawatts.

mod fields;
mod megawatts;

use std::sync::Arc;

pub(crate) use fields::has_columns;
use fields::{Fields, fields};
pub use megawatts::MegawattsError;
use megawatts::megawatts;

use crate::excerpt::excerpt;
use crate::fuel::Fuel;
use crate::stamp::{Stamp, StampError, StampReader};

/// A row of more bytes is refused.
pub const MAX_ROW_BYTES: usize = 1024;
/// An unknown fuel category has at most so many bytes.
pub const MAX_FUEL_BYTES: usize = 64;
/// Names of unknown fuels that are remembered, so that the next row with one makes no new text.
const REMEMBERED: usize = 16;
/// Stamp with seconds, zone, and the comma after each.
const PREFIX: usize = 24;

/// What a row says.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Of which interval.
    pub stamp: Stamp,
    /// Which fuel.
    pub fuel: Fuel,
    /// Its output; finite and not negative.
    pub mw: f64,
    /// Whether the output was written with a decimal point, as the operator does.
    pub(crate) has_point: bool,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// It is longer than any row can be.
    #[error("the row is longer than {MAX_ROW_BYTES} bytes")]
    TooLong,
    /// It has fewer or more columns than four.
    #[error("the row has {0} fields, not 4")]
    Fields(usize),
    /// A quotation mark is where none can be, or one is missing.
    #[error("the row has a quotation mark that is not closed, or in the middle of a field")]
    Quote,
    /// Stamp or zone.
    #[error(transparent)]
    Stamp(#[from] StampError),
    /// The fuel category is empty, too long, or cannot be part of a topic.
    #[error("`{0}` cannot be a fuel category")]
    Fuel(String),
    /// The output.
    #[error(transparent)]
    Megawatts(#[from] MegawattsError),
    /// The input ends here, and what is missing would look like this.
    #[error("the input ends in `{0}`, without the decimal point of the rows before: half a row")]
    Half(String),
}

/// Reads rows. It remembers the last stamp, since the rows of an interval share it.
///
/// ```
/// use ny_power::row::RowReader;
/// let row = RowReader::default().read(b"04/01/2016 00:05:00,EDT,Dual Fuel,2681.0")?;
/// assert_eq!((row.fuel.name(), row.mw), ("Dual Fuel", 2681.0));
/// # Ok::<(), ny_power::row::RowError>(())
/// ```
#[derive(Debug, Default)]
pub struct RowReader {
    stamps: StampReader,
    last: Option<([u8; PREFIX], Stamp)>,
    names: Vec<Arc<str>>,
    /// Which name goes next where there is no room.
    oldest: usize,
}

impl RowReader {
    /// What a row says, given without its line end.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn read(&mut self, row: &[u8]) -> Result<Row, RowError> {
        if let Some(row) = self.read_plain(row) {
            return Ok(row);
        }
        if row.len() > MAX_ROW_BYTES {
            return Err(RowError::TooLong);
        }
        let mut unquoted;
        let room: &mut [u8] = if memchr::memchr(b'"', row).is_some() {
            unquoted = [0; MAX_ROW_BYTES];
            &mut unquoted
        } else {
            &mut []
        };
        let Fields { local, zone, fuel, output } = fields(row, room)?;
        let stamp = self.stamps.read(local, zone)?;
        if let Some((prefix, _)) = row.split_first_chunk()
            && is_prefix(prefix, local, zone)
        {
            self.last = Some((*prefix, stamp));
        }
        let fuel = self.fuel(fuel)?;
        let mw = megawatts(output)?;
        Ok(Row { stamp, fuel, mw, has_point: output.contains(&b'.') })
    }

    /// The row that most are: the stamp of the one before, a published fuel, a plain number.
    fn read_plain(&self, row: &[u8]) -> Option<Row> {
        let (prefix, rest) = row.split_first_chunk()?;
        let stamp = self.last.as_ref().filter(|(last, _)| last == prefix)?.1;
        let comma = rest.iter().position(|&byte| byte == b',')?;
        let fuel = Fuel::of_bytes(rest.get(..comma)?)?;
        let mw = megawatts::tenths(rest.get(comma + 1..)?)?;
        Some(Row { stamp, fuel, mw, has_point: true })
    }

    fn fuel(&mut self, name: &[u8]) -> Result<Fuel, RowError> {
        if let Some(fuel) = Fuel::of_bytes(name) {
            return Ok(fuel);
        }
        let known = self.names.iter().find(|known| known.as_bytes() == name);
        if let Some(known) = known {
            return Ok(Fuel::Unknown(Arc::clone(known)));
        }
        let text = fuel_category(name).ok_or_else(|| RowError::Fuel(excerpt(name)))?;
        Ok(Fuel::Unknown(self.remember(text.into())))
    }

    fn remember(&mut self, name: Arc<str>) -> Arc<str> {
        match self.names.get_mut(self.oldest) {
            Some(place) => place.clone_from(&name),
            None => self.names.push(Arc::clone(&name)),
        }
        self.oldest = (self.oldest + 1) % REMEMBERED;
        name
    }
}

/// Whether it is both columns with a comma after each, and no quotation marks.
fn is_prefix(prefix: &[u8; PREFIX], local: &[u8], zone: &[u8]) -> bool {
    local.len() + zone.len() + 2 == PREFIX && prefix.starts_with(local) && prefix.ends_with(b",")
}

/// A name that can be the last part of a topic. Wildcards cannot, nor what nobody sees.
fn fuel_category(name: &[u8]) -> Option<&str> {
    let text = str::from_utf8(name).ok().filter(|text| text.len() <= MAX_FUEL_BYTES)?;
    let is_hidden = |c: char| c.is_control() || matches!(c, '+' | '#' | '/');
    (!text.trim().is_empty() && text.trim() == text && !text.contains(is_hidden)).then_some(text)
}

#[cfg(test)]
mod tests;
