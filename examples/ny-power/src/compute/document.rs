use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Summary;
use crate::fuel::Fuel;
use crate::intensity::Intensity;
use crate::interval::Interval;

/// Writes the JSON document interval by interval, so that a year needs no large memory:
/// `{"intervals":[{"at":"…Z","local":"…","zone":"EDT","mw":{…},"total_mw":…,"co2_t_per_h":…,"g_per_kwh":…},…],
/// "summary":{"intervals":…,"rows":…,"rejected":[{"file":"…","row":…,"reason":"…"},…],"rejected_total":…,
/// "first":…,"last":…,"min":{"value":…,"local":"…"},"max":{…},"mean":…}}`. An interval in which the grid gives
/// nothing has `null` as its `g_per_kwh`.
///
/// ```
/// use ny_power::compute::{Document, Summary};
/// let document = Document::begin(Vec::new())?;
/// let text = String::from_utf8(document.end(&Summary::default())?)?;
/// assert_eq!(text, concat!(
///     r#"{"intervals":[],"summary":{"intervals":0,"rows":0,"rejected":[],"rejected_total":0,"#,
///     r#""first":null,"last":null,"min":null,"max":null,"mean":null}}"#, "\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Document<W> {
    out: W,
    first: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    at: jiff::Timestamp,
    local: String,
    zone: &'a str,
    mw: Outputs<'a>,
    total_mw: f64,
    co2_t_per_h: f64,
    g_per_kwh: Option<f64>,
}

/// By fuel, in the order of the file.
struct Outputs<'a>(&'a [(Fuel, f64)]);

impl Serialize for Outputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (fuel, mw) in self.0 {
            map.serialize_entry(fuel.name(), mw)?;
        }
        map.end()
    }
}

impl<W: Write> Document<W> {
    /// Opens the list of intervals.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(br#"{"intervals":["#)?;
        Ok(Self { out, first: true })
    }

    /// Writes an interval.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn interval(&mut self, interval: &Interval) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b",")?;
        }
        let (stamp, intensity) = (interval.stamp(), Intensity::of(interval));
        let entry = Entry {
            at: stamp.at(),
            local: stamp.to_string(),
            zone: stamp.zone().name(),
            mw: Outputs(interval.mw()),
            total_mw: interval.total_mw(),
            co2_t_per_h: intensity.map_or(0.0, |intensity| intensity.co2_t_per_h),
            g_per_kwh: intensity.map(|intensity| intensity.g_per_kwh),
        };
        Ok(serde_json::to_writer(&mut self.out, &entry)?)
    }

    /// Writes the summary, what closes the document, and a newline.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self, summary: &Summary) -> io::Result<W> {
        self.out.write_all(br#"],"summary":"#)?;
        serde_json::to_writer(&mut self.out, summary)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}
