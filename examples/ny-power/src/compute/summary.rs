use std::fmt;

use serde::Serialize;

use crate::fuel::Fuel;
use crate::intensity::Intensity;
use crate::interval::Interval;
use crate::reading::{Counts, Reading, Refusal};
use crate::stamp::Stamp;

/// Refusals that a summary lists; those after them are counted only.
pub const MAX_LISTED: usize = 1_000;

/// All intervals of an input, in a few numbers. It does not grow with the input.
///
/// ```
/// use ny_power::{compute::Summary, generator::Day, reading::{Ending, Reader}};
/// let (mut reader, mut summary) = (Reader::default(), Summary::default());
/// let day = Day::new("2016-04-01".parse()?, 7);
/// reader.begin(&day.file_name());
/// reader.feed(&day.bytes(), &mut |reading| summary.add(&reading));
/// reader.end(Ending::Final, &mut |reading| summary.add(&reading));
/// summary.end(reader.counts());
/// assert_eq!(summary.rows, 7 * summary.intervals);
/// assert_eq!(summary.rejected, []);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Intervals that are whole.
    pub intervals: u64,
    /// Data rows, the refused ones with them.
    pub rows: u64,
    /// What was refused, in order: [`MAX_LISTED`] at most.
    pub rejected: Vec<Rejection>,
    /// How many were refused, the listed ones with them.
    pub rejected_total: u64,
    /// Intervals in which the grid gives nothing, and which have no intensity.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_value: u64,
    /// Fuels that are not known; they count as 0 g.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_fuels: Vec<String>,
    /// The first intensity, g/kWh.
    pub first: Option<f64>,
    /// The last.
    pub last: Option<f64>,
    /// The least, and the first interval that has it.
    pub min: Option<Extreme>,
    /// The greatest, and the first interval that has it.
    pub max: Option<Extreme>,
    /// The mean over intervals, however long they are.
    pub mean: Option<f64>,
    #[serde(skip)]
    sum: f64,
    #[serde(skip)]
    values: u64,
}

/// An intensity and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Extreme {
    /// g/kWh.
    pub value: f64,
    /// When.
    #[serde(rename = "local", serialize_with = "as_text")]
    pub stamp: Stamp,
}

/// Input that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The file, or the member of a zip.
    pub file: String,
    /// The row, counted from 1 with the header; 0 for the whole file.
    pub row: u64,
    /// Why.
    pub reason: String,
}

impl Summary {
    /// Takes in what was read next.
    pub fn add(&mut self, reading: &Reading) {
        match reading {
            Reading::Interval(interval) => self.interval(interval),
            Reading::Refused(refusal) => self.refused(refusal),
            Reading::UnknownFuel(fuel) => self.unknown_fuel(fuel),
        }
    }

    /// Nothing more comes.
    pub fn end(&mut self, counts: Counts) {
        self.rows = counts.rows;
        #[expect(clippy::cast_precision_loss, reason = "a number of intervals is far below 2^52")]
        let values = self.values as f64;
        self.mean = (self.values > 0).then(|| self.sum / values);
    }

    fn interval(&mut self, interval: &Interval) {
        self.intervals += 1;
        let Some(Intensity { g_per_kwh: value, .. }) = Intensity::of(interval) else {
            self.without_value += 1;
            return;
        };
        let this = Extreme { value, stamp: interval.stamp() };
        self.first = self.first.or(Some(value));
        self.last = Some(value);
        self.min = Some(self.min.filter(|min| min.value <= value).unwrap_or(this));
        self.max = Some(self.max.filter(|max| max.value >= value).unwrap_or(this));
        self.sum += value;
        self.values += 1;
    }

    fn refused(&mut self, Refusal { file, row, reason }: &Refusal) {
        self.rejected_total += 1;
        if self.rejected.len() < MAX_LISTED {
            let (file, reason) = (file.to_string(), reason.to_string());
            self.rejected.push(Rejection { file, row: *row, reason });
        }
    }

    fn unknown_fuel(&mut self, fuel: &Fuel) {
        self.unknown_fuels.push(fuel.name().to_owned());
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn as_text<S: serde::Serializer>(stamp: &Stamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(stamp)
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, reason } = self;
        if *row == 0 { write!(f, "{file}: {reason}") } else { write!(f, "{file}, row {row}: {reason}") }
    }
}

/// For people: a few lines, the last with its end.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} intervals in {} rows", self.intervals, self.rows)?;
        if let (Some(mean), Some(min), Some(max)) = (self.mean, self.min, self.max) {
            writeln!(f, "mean  {mean:8.3} g CO2 / kWh")?;
            writeln!(f, "least {min}")?;
            writeln!(f, "most  {max}")?;
        }
        if self.without_value > 0 {
            writeln!(f, "{} intervals without any output have no intensity", self.without_value)?;
        }
        for fuel in &self.unknown_fuels {
            writeln!(f, "unknown fuel, counted as 0 g: {fuel}")?;
        }
        for rejection in &self.rejected {
            writeln!(f, "refused: {rejection}")?;
        }
        match self.rejected_total - self.rejected.len() as u64 {
            0 => Ok(()),
            more => writeln!(f, "refused: {more} more"),
        }
    }
}

impl fmt::Display for Extreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, stamp } = self;
        write!(f, "{value:8.3} g CO2 / kWh at {stamp} {}", stamp.zone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Ending, Reader};

    fn summary(rows: &[&str]) -> Summary {
        let (mut reader, mut summary) = (Reader::default(), Summary::default());
        reader.begin("f");
        reader.feed(b"Time Stamp,Time Zone,Fuel Category,Gen MW\n", &mut |reading| summary.add(&reading));
        for row in rows {
            reader.feed(format!("{row}\n").as_bytes(), &mut |reading| summary.add(&reading));
        }
        reader.end(Ending::Final, &mut |reading| summary.add(&reading));
        summary.end(reader.counts());
        summary
    }

    fn interval(time: &str, gas: f64, wind: f64) -> Vec<String> {
        let output = |fuel: &Fuel| match fuel {
            Fuel::NaturalGas => gas,
            Fuel::Wind => wind,
            _ => 0.0,
        };
        let row = |fuel: &Fuel| format!("04/01/2016 {time}:00,EDT,{fuel},{:.1}", output(fuel));
        Fuel::PUBLISHED.iter().map(row).collect()
    }

    #[test]
    fn the_first_of_equal_extremes_is_named_and_an_interval_without_output_has_no_value() {
        let rows = [
            interval("00:05", 100.0, 100.0),
            interval("00:10", 100.0, 0.0),
            interval("00:15", 0.0, 0.0),
            interval("00:20", 100.0, 0.0),
            interval("00:25", 100.0, 100.0),
        ]
        .concat();
        let summary = summary(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((summary.intervals, summary.rows, summary.without_value), (5, 35, 1));
        let (min, max) = (summary.min.unwrap(), summary.max.unwrap());
        assert_eq!(
            (min.stamp.to_string(), max.stamp.to_string()),
            ("04/01/2016 00:05:00".to_owned(), "04/01/2016 00:10:00".to_owned())
        );
        assert_eq!((summary.first, summary.last), (Some(min.value), Some(min.value)));
        assert!((summary.mean.unwrap() - f64::midpoint(min.value, max.value)).abs() < 1e-9);
    }

    #[test]
    fn the_list_of_refusals_ends_and_the_count_does_not() {
        let summary = summary(&vec!["x"; MAX_LISTED + 5]);
        assert_eq!((summary.rejected.len(), summary.rejected_total), (MAX_LISTED, 1_005));
        assert_eq!((summary.rows, summary.intervals, summary.mean), (1_005, 0, None));
        assert!(summary.to_string().ends_with("row 1001: the row has 1 fields, not 4\nrefused: 5 more\n"));
    }

    #[test]
    fn people_read_a_few_lines() {
        let rows = [interval("00:05", 100.0, 100.0), interval("00:10", 100.0, 0.0)].concat();
        let rows: Vec<&str> = rows.iter().map(String::as_str).chain(["x"]).collect();
        assert_eq!(
            summary(&rows).to_string(),
            "2 intervals in 15 rows\n\
             mean   354.777 g CO2 / kWh\n\
             least  236.518 g CO2 / kWh at 04/01/2016 00:05:00 EDT\n\
             most   473.036 g CO2 / kWh at 04/01/2016 00:10:00 EDT\n\
             refused: f, row 16: the row has 1 fields, not 4\n"
        );
    }
}
