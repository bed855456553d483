//! What every archive holds. Each function takes an empty one.

use jiff::{SignedDuration, Timestamp};
use ny_power::archive::{Archive, ArchiveError, Point, Series};

pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_460_000_000 + minute * 60).unwrap()
}

pub(crate) fn intensity(minute: i64, value: f64) -> Point {
    Point { series: Series::Intensity, at: at(minute), value }
}

pub(crate) fn fuel(name: &str, minute: i64, value: f64) -> Point {
    Point { series: Series::Fuel(name.to_owned()), at: at(minute), value }
}

pub(crate) async fn everything(archive: &dyn Archive, series: &Series) -> Vec<(Timestamp, f64)> {
    archive.range(series, Timestamp::MIN, Timestamp::MAX).await.unwrap()
}

/// All of it, one after the other; what one leaves, the next does not meet.
pub(crate) async fn holds(archive: &dyn Archive) {
    what_is_not_there_is_empty(archive).await;
    points_come_back_by_time(archive).await;
    a_point_replaces_the_one_before_it(archive).await;
    the_start_is_out_and_the_end_is_in(archive).await;
    values_come_back_to_the_last_bit(archive).await;
    unusual_names_are_series_of_their_own(archive).await;
    what_cannot_be_kept_is_named_and_the_rest_is_kept(archive).await;
    many_points_are_kept(archive).await;
}

async fn what_is_not_there_is_empty(archive: &dyn Archive) {
    assert_eq!(everything(archive, &Series::Intensity).await, []);
    assert_eq!(everything(archive, &Series::Fuel("Wind".to_owned())).await, []);
    archive.store(&[]).await.unwrap();
}

async fn points_come_back_by_time(archive: &dyn Archive) {
    archive.store(&[intensity(10, 3.0), fuel("Hydro", 0, 7.0), intensity(0, 1.0)]).await.unwrap();
    archive.store(&[intensity(5, 2.0)]).await.unwrap();
    let expected = [(at(0), 1.0), (at(5), 2.0), (at(10), 3.0)];
    assert_eq!(everything(archive, &Series::Intensity).await, expected);
    assert_eq!(everything(archive, &Series::Fuel("Hydro".to_owned())).await, [(at(0), 7.0)]);
}

async fn a_point_replaces_the_one_before_it(archive: &dyn Archive) {
    let series = Series::Fuel("Replaced".to_owned());
    // Also inside one call: the later one counts.
    archive.store(&[fuel("Replaced", 0, 1.0), fuel("Replaced", 0, 2.0)]).await.unwrap();
    assert_eq!(everything(archive, &series).await, [(at(0), 2.0)]);
    for _ in 0..2 {
        archive.store(&[fuel("Replaced", 0, 3.0), fuel("Replaced", 5, 4.0)]).await.unwrap();
        assert_eq!(everything(archive, &series).await, [(at(0), 3.0), (at(5), 4.0)]);
    }
}

async fn the_start_is_out_and_the_end_is_in(archive: &dyn Archive) {
    let series = Series::Fuel("Bounds".to_owned());
    let points: Vec<_> = (0..5u8).map(|n| fuel("Bounds", i64::from(n), f64::from(n))).collect();
    archive.store(&points).await.unwrap();
    let values = async |after, until| -> Vec<f64> {
        archive.range(&series, after, until).await.unwrap().into_iter().map(|(_, value)| value).collect()
    };
    let moment = SignedDuration::from_millis(1);
    assert_eq!(values(at(1), at(3)).await, [2.0, 3.0]);
    assert_eq!(values(at(1) - moment, at(3) - moment).await, [1.0, 2.0]);
    assert_eq!(values(at(1), at(1)).await, Vec::<f64>::new());
    assert_eq!(values(at(3), at(1)).await, Vec::<f64>::new());
    assert_eq!(values(at(4), at(100)).await, Vec::<f64>::new());
    assert_eq!(values(at(-9), at(0)).await, [0.0]);
}

async fn values_come_back_to_the_last_bit(archive: &dyn Archive) {
    let values =
        [164.561_579_776_676_9, 0.1 + 0.2, 1e-300, 1.5e300, -0.5, f64::MAX, f64::MIN_POSITIVE, 2681.0];
    let points: Vec<_> = (0..).zip(values).map(|(n, value)| fuel("Bits", n, value)).collect();
    archive.store(&points).await.unwrap();
    let stored = everything(archive, &Series::Fuel("Bits".to_owned())).await;
    assert_eq!(stored.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), values);
}

async fn unusual_names_are_series_of_their_own(archive: &dyn Archive) {
    let names = [
        "Other Fossil Fuels",
        "Other",
        "a,b",
        "a=b",
        "a b",
        " a b ",
        "a,units=MW",
        "it's",
        "\"quoted\"",
        "' OR ''='",
        "Wärme",
        "水力",
        "#comment",
        "50%",
        "; DROP MEASUREMENT \"fuel-mix\"",
        "$1",
        "wind",
        "WIND",
    ];
    for (name, value) in names.into_iter().zip(1u8..) {
        archive.store(&[fuel(name, 0, f64::from(value))]).await.unwrap();
    }
    for (name, value) in names.into_iter().zip(1u8..) {
        let stored = everything(archive, &Series::Fuel(name.to_owned())).await;
        assert_eq!(stored, [(at(0), f64::from(value))], "{name:?}");
    }
}

async fn what_cannot_be_kept_is_named_and_the_rest_is_kept(archive: &dyn Archive) {
    let good = |minute| fuel("Sifted", minute, 1.0);
    let points =
        [good(0), fuel("Sifted", 1, f64::NAN), good(2), fuel("a\nb", 3, 1.0), fuel("", 4, 1.0), good(5)];
    let error = archive.store(&points).await.unwrap_err();
    assert!(!error.is_retriable());
    let expected = format!(
        "the archive keeps no value NaN of fuel \"Sifted\" at {}: the value is not finite (and 2 other points)",
        at(1)
    );
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, ArchiveError::Refused(refusal) if refusal.count == 3));
    let stored = everything(archive, &Series::Fuel("Sifted".to_owned())).await;
    assert_eq!(stored, [(at(0), 1.0), (at(2), 1.0), (at(5), 1.0)]);
    // An InfluxDB would make another instant of one that it cannot say.
    let far = Point { at: Timestamp::MAX, ..good(0) };
    assert!(matches!(archive.store(&[far]).await, Err(ArchiveError::Refused(_))));
}

async fn many_points_are_kept(archive: &dyn Archive) {
    const MANY: u32 = 25_000;
    let points: Vec<_> = (0..MANY).map(|n| fuel("Many", i64::from(n), f64::from(n) / 7.0)).collect();
    archive.store(&points).await.unwrap();
    let stored = everything(archive, &Series::Fuel("Many".to_owned())).await;
    let expected = points.iter().map(|point| (point.at, point.value));
    assert!(stored.into_iter().eq(expected), "the points differ");
    // Page ends inside and at the ends of a range.
    for (after, until) in [(0, 9_999), (0, 10_000), (0, 10_001), (4_999, 25_000)] {
        let part = archive.range(&Series::Fuel("Many".to_owned()), at(after), at(until)).await.unwrap();
        let expected = until.min(i64::from(MANY) - 1) - after;
        assert_eq!(i64::try_from(part.len()).unwrap(), expected, "{after} to {until}");
    }
}
