//! NY power: a month in the grid operator's format, in memory, is parsed and its intensity computed. Beside it a
//! loop over the `csv` crate that only sums the output of all rows.

use csv::{ByteRecord, ReaderBuilder};
use ny_power::generator::Day;
use ny_power::intensity::Intensity;
use ny_power::reading::{Ending, Reader, Reading};

use crate::{Failure, check};

/// Bytes that are fed at a time, as they are read from a file.
const PIECE: usize = 64 * 1024;

/// The files of a month, each a day, and what they have in them.
#[derive(Debug)]
pub struct Month {
    days: Vec<(String, Vec<u8>)>,
    intervals: u64,
}

impl Month {
    /// The same one each time.
    ///
    /// # Errors
    /// When there is no such month.
    pub fn new() -> Result<Self, Failure> {
        let days: Vec<Day> = Day::new("2016-04-01".parse()?, 1).following(30).collect();
        let intervals = days.iter().map(|day| day.stamps().count() as u64).sum();
        let days = days.iter().map(|day| (day.file_name(), day.bytes())).collect();
        Ok(Self { days, intervals })
    }

    /// Data rows, seven for each interval.
    pub fn rows(&self) -> u64 {
        7 * self.intervals
    }

    /// Reads the month `times` times over and computes each interval.
    ///
    /// # Errors
    /// When not every interval has an intensity.
    pub fn compute(&self, times: u64) -> Result<(), Failure> {
        let (mut computed, mut total_mw, mut mean) = (0, 0.0, 0.0);
        for _ in 0..times {
            let mut reader = Reader::default();
            let mut out = |reading| {
                if let Reading::Interval(interval) = reading
                    && let Some(intensity) = Intensity::of(&interval)
                {
                    computed += 1;
                    total_mw += intensity.total_mw;
                    mean += intensity.g_per_kwh;
                }
            };
            for (name, bytes) in &self.days {
                reader.begin(name);
                bytes.chunks(PIECE).for_each(|piece| reader.feed(piece, &mut out));
                reader.end(Ending::Final, &mut out);
            }
        }
        std::hint::black_box((total_mw, mean));
        check("intervals", times * self.intervals, computed)?;
        Ok(())
    }

    /// Sums the output of all rows, and nothing else.
    ///
    /// # Errors
    /// When not every row has one.
    pub fn only_sum(&self, times: u64) -> Result<(), Failure> {
        let (mut rows, mut total_mw) = (0, 0.0);
        let mut record = ByteRecord::new();
        for (_, bytes) in (0..times).flat_map(|_| &self.days) {
            let mut reader = ReaderBuilder::new().from_reader(bytes.as_slice());
            while reader.read_byte_record(&mut record)? {
                let output = str::from_utf8(record.get(3).unwrap_or_default())?;
                total_mw += output.parse::<f64>()?;
                rows += 1;
            }
        }
        std::hint::black_box(total_mw);
        check("rows", times * self.rows(), rows)?;
        Ok(())
    }
}
