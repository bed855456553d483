//! Points in InfluxDB's line protocol.

use std::fmt::Write;

use crate::archive::point::millis;
use crate::archive::{Point, Series};
use crate::messages::{INTENSITY_UNITS, POWER_UNITS};

/// The measurement of the intensity, with the tag `units`.
pub(super) const INTENSITY: &str = "co2_computed";
/// The measurement of the fuels, with the tags `type` and `units`.
pub(super) const FUEL_MIX: &str = "fuel-mix";
/// The only field of both.
pub(super) const FIELD: &str = "value";

/// What one request carries at most.
const MOST_LINES: usize = 5000;
const MOST_BYTES: usize = 1024 * 1024;

/// Writes lines for the first points, as many as fit into one request, and says how many those are.
pub(super) fn lines(points: &[&Point]) -> (String, usize) {
    let mut text = String::new();
    for (count, point) in points.iter().take(MOST_LINES).enumerate() {
        let before = text.len();
        line(&mut text, point);
        if before > 0 && text.len() > MOST_BYTES {
            text.truncate(before);
            return (text, count);
        }
    }
    (text, points.len().min(MOST_LINES))
}

fn line(text: &mut String, point: &Point) {
    match &point.series {
        Series::Intensity => {
            text.push_str(INTENSITY);
            tag(text, "units", INTENSITY_UNITS);
        }
        Series::Fuel(name) => {
            text.push_str(FUEL_MIX);
            tag(text, "type", name);
            tag(text, "units", POWER_UNITS);
        }
    }
    // A string takes everything.
    let _ = writeln!(text, " {FIELD}={} {}", point.value, millis(point.at));
}

/// A point's name has no backslash and no line break: what is left can be escaped.
fn tag(text: &mut String, key: &str, value: &str) {
    text.push(',');
    text.push_str(key);
    text.push('=');
    for letter in value.chars() {
        if matches!(letter, ',' | '=' | ' ') {
            text.push('\\');
        }
        text.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn point(series: Series, value: f64) -> Point {
        Point { series, at: Timestamp::from_millisecond(1_459_483_500_001).unwrap(), value }
    }

    #[test]
    fn a_point_is_a_line_with_its_tags() {
        let points = [
            point(Series::Intensity, 164.5615),
            point(Series::Fuel("Natural Gas".to_owned()), 1638.0),
            point(Series::Fuel("a,b=c d\"".to_owned()), -0.5),
        ];
        let (text, count) = lines(&points.iter().collect::<Vec<_>>());
        let expected = "co2_computed,units=g\\ /\\ kWh value=164.5615 1459483500001\n\
                        fuel-mix,type=Natural\\ Gas,units=MW value=1638 1459483500001\n\
                        fuel-mix,type=a\\,b\\=c\\ d\",units=MW value=-0.5 1459483500001\n";
        assert_eq!((text.as_str(), count), (expected, 3));
    }

    #[test]
    fn a_request_is_bounded_by_lines_and_by_bytes() {
        let short = point(Series::Intensity, 1.0);
        let (text, count) = lines(&vec![&short; 7000]);
        assert_eq!((text.lines().count(), count), (5000, 5000));
        let long = point(Series::Fuel(" ".repeat(128)), f64::MIN_POSITIVE);
        let (text, count) = lines(&vec![&long; 5000]);
        assert!(text.len() <= 1024 * 1024 && text.len() > 1024 * 1024 - 1000, "{}", text.len());
        assert_eq!((text.lines().count(), text.ends_with('\n')), (count, true));
        assert_eq!(lines(&[]), (String::new(), 0));
    }
}
