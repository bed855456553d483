//! What a file says, found out in the plainest way.

use std::str;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ny_power::fuel::Fuel;

/// Of a file: its intervals, and the numbers of the rows that are refused, sorted. Row 0 is the whole file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) intervals: Vec<(Timestamp, Vec<(String, f64)>)>,
    pub(super) refused: Vec<u64>,
}

struct Row {
    number: u64,
    at: Timestamp,
    fuel: String,
    mw: f64,
}

/// Files without quotation marks.
pub(super) fn model(file: &[u8]) -> Model {
    let mut lines: Vec<&[u8]> = file.split(|&byte| byte == b'\n').collect();
    let unfinished = lines.last().is_some_and(|last| !last.is_empty());
    if !unfinished {
        lines.pop();
    }
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    let Some((header, rows)) = lines.split_first().filter(|(header, _)| is_header(header)) else {
        return Model { intervals: Vec::new(), refused: vec![0] };
    };
    assert!(!header.contains(&b'"'));
    let mut model = Model::default();
    let (mut good, mut has_point) = (Vec::new(), false);
    for (line, number) in rows.iter().zip(2..).filter(|(line, _)| !line.is_empty()) {
        let is_last = unfinished && number == lines.len() as u64;
        match row(line, number) {
            Some(_) if is_last && has_point && !line.contains(&b'.') => model.refused.push(number),
            Some(row) => {
                has_point |= line.contains(&b'.');
                good.push(row);
            }
            None => model.refused.push(number),
        }
    }
    for rows in good.chunk_by(|one, next| one.at == next.at) {
        model.interval(rows);
    }
    model.refused.sort_unstable();
    model
}

impl Model {
    fn interval(&mut self, rows: &[Row]) {
        let mut outputs: Vec<(String, f64)> = Vec::new();
        for row in rows {
            if outputs.iter().any(|(fuel, _)| *fuel == row.fuel) {
                self.refused.push(row.number);
            } else {
                outputs.push((row.fuel.clone(), row.mw));
            }
        }
        let has = |fuel: &Fuel| outputs.iter().any(|(name, _)| name == fuel.name());
        let is_later = self.intervals.last().is_none_or(|(last, _)| *last < rows[0].at);
        if Fuel::PUBLISHED.iter().all(has) && is_later {
            self.intervals.push((rows[0].at, outputs));
        } else {
            self.refused.push(rows[0].number);
        }
    }
}

fn is_header(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line).to_lowercase();
    let columns: Vec<&str> = text.split(',').map(|column| column.trim_matches([' ', '\t', '\r'])).collect();
    line.len() <= 1024
        && matches!(columns[..], ["time stamp", "time zone", "fuel category", "gen mw" | "gen mwh"])
}

fn row(line: &[u8], number: u64) -> Option<Row> {
    let text = str::from_utf8(line).ok().filter(|text| text.len() <= 1024)?;
    let [local, zone, fuel, output] = text.split(',').collect::<Vec<_>>()[..] else { return None };
    let is_hidden = |c: char| c.is_control() || "+#/".contains(c);
    if fuel.is_empty() || fuel.trim() != fuel || fuel.contains(is_hidden) || fuel.len() > 64 {
        return None;
    }
    let mw = output.parse::<f64>().ok()?;
    let digits = output.strip_prefix('-').unwrap_or(output);
    let is_plain = digits.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !is_plain || !(0.0..=1e6).contains(&mw) {
        return None;
    }
    Some(Row { number, at: instant(local, zone)?, fuel: fuel.to_owned(), mw })
}

fn instant(local: &str, zone: &str) -> Option<Timestamp> {
    let form = if local.len() == 19 { "%m/%d/%Y %H:%M:%S" } else { "%m/%d/%Y %H:%M" };
    let time = DateTime::strptime(form, local).ok()?;
    // It takes more forms than the operator has.
    if time.strftime(form).to_string() != local {
        return None;
    }
    let hours = match zone {
        "EST" => 5,
        "EDT" => 4,
        _ => return None,
    };
    let at = time.to_zoned(TimeZone::UTC).ok()?.timestamp() + hours.hours();
    let there = at.to_zoned(TimeZone::get("America/New_York").unwrap());
    (there.strftime("%Z").to_string() == zone).then_some(at)
}
