//! What is asked in the query language, and what is answered.

use jiff::Timestamp;
use serde::Deserialize;

use super::error::InfluxError;
use super::line::{FIELD, FUEL_MIX, INTENSITY};
use crate::archive::Series;
use crate::archive::error::AnyError;
use crate::archive::point::{EARLIEST, LATEST, millis};
use crate::messages::{INTENSITY_UNITS, POWER_UNITS};

/// How many points one answer has at most.
pub(super) const PAGE: usize = 10_000;

/// Milliseconds since 1970: later than the first, up to the second.
pub(super) type Bounds = (i64, i64);

/// The part of a range that an InfluxDB can be asked for.
pub(super) fn bounds(after: Timestamp, until: Timestamp) -> Bounds {
    (millis(after.max(EARLIEST)) - i64::from(after < EARLIEST), millis(until.min(LATEST)))
}

/// The first page of a series.
pub(super) fn select(series: &Series, (after, until): Bounds) -> String {
    let (measurement, tags) = match series {
        Series::Intensity => (INTENSITY, format!("\"units\"={}", literal(INTENSITY_UNITS))),
        Series::Fuel(name) => {
            (FUEL_MIX, format!("\"type\"={} AND \"units\"={}", literal(name), literal(POWER_UNITS)))
        }
    };
    format!(
        "SELECT \"{FIELD}\" FROM \"{measurement}\" WHERE {tags} AND time > {after}ms AND time <= {until}ms \
         ORDER BY time LIMIT {PAGE}"
    )
}

pub(super) fn create(database: &str) -> String {
    format!("CREATE DATABASE \"{}\"", database.replace('\\', "\\\\").replace('"', "\\\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    error: Option<String>,
    #[serde(default)]
    series: Vec<Rows>,
}

#[derive(Deserialize)]
struct Rows {
    /// Instant and value.
    #[serde(default)]
    values: Vec<(i64, f64)>,
}

/// The points in the answer to `select` with these bounds.
pub(super) fn page(body: &[u8], (after, until): Bounds) -> Result<Vec<(Timestamp, f64)>, InfluxError> {
    let rows: Vec<_> = outcome(body)?.series.into_iter().flat_map(|series| series.values).collect();
    let mut last = after;
    let follows =
        |(millis, _): &(i64, f64)| std::mem::replace(&mut last, *millis) < *millis && *millis <= until;
    // So the next page is a later one, whatever the server answers.
    if !rows.iter().all(follows) {
        return Err(garbage("its points are not those that were asked for"));
    }
    let point = |(millis, value)| Ok((Timestamp::from_millisecond(millis)?, value));
    rows.into_iter().map(point).collect::<Result<_, jiff::Error>>().map_err(garbage)
}

/// The answer to what gives no points.
pub(super) fn done(body: &[u8]) -> Result<(), InfluxError> {
    outcome(body).map(drop)
}

fn outcome(body: &[u8]) -> Result<Outcome, InfluxError> {
    let answer: Answer = serde_json::from_slice(body).map_err(garbage)?;
    let outcome = answer.results.into_iter().next().ok_or_else(|| garbage("it has no result"))?;
    match outcome.error {
        Some(text) => Err(InfluxError::statement(&text)),
        None => Ok(outcome),
    }
}

fn garbage(source: impl Into<AnyError>) -> InfluxError {
    InfluxError::Garbage { source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_query_stay_names() {
        let text = select(&Series::Fuel("' OR ''='\\".to_owned()), (1, 2));
        assert!(
            text.contains(r#" WHERE "type"='\' OR \'\'=\'\\' AND "units"='MW' AND time > 1ms"#),
            "{text}"
        );
        assert_eq!(create("a\"b\\"), r#"CREATE DATABASE "a\"b\\""#);
    }

    #[test]
    fn a_range_without_ends_is_cut_to_what_can_be_asked_for() {
        assert_eq!(bounds(Timestamp::MIN, Timestamp::MAX), (-9_000_000_000_001, 9_000_000_000_000));
        assert_eq!(bounds(EARLIEST, LATEST), (-9_000_000_000_000, 9_000_000_000_000));
    }

    #[test]
    fn an_answer_is_points_or_says_what_is_wrong_with_it() {
        let read = |body: &str| page(body.as_bytes(), (0, 10)).map_err(|error| error.to_string());
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        assert_eq!(read(r#"{"results":[{"statement_id":0}]}"#), Ok(vec![]));
        let two =
            r#"{"results":[{"series":[{"name":"x","columns":["time","value"],"values":[[1,2],[3,4.5]]}]}]}"#;
        assert_eq!(read(two), Ok(vec![(at(1), 2.0), (at(3), 4.5)]));
        for garbage in [
            "",
            "<html>",
            "{}",
            r#"{"results":[]}"#,
            r#"{"results":[{"series":[{"values":[[1]]}]}]}"#,
            r#"{"results":[{"series":[{"values":[[1,null]]}]}]}"#,
            r#"{"results":[{"series":[{"values":[[2,1],[1,1]]}]}]}"#,
            r#"{"results":[{"series":[{"values":[[0,1]]}]}]}"#,
            r#"{"results":[{"series":[{"values":[[11,1]]}]}]}"#,
        ] {
            assert_eq!(read(garbage), Err("its answer is not one of an InfluxDB".to_owned()), "{garbage}");
        }
        let error = done(br#"{"results":[{"error":"database not found: x"}]}"#).unwrap_err();
        assert!(error.is_missing_database());
    }
}
