use std::path::Path;

use jiff::ToSpan;
use ny_power::compute::Summary;
use ny_power::fuel::Fuel;
use ny_power::intensity::Intensity;
use ny_power::interval::Interval;
use ny_power::publication::publications;

use super::{Read, day, read, read_file, real_month, zip_of};

fn intensity(interval: &Interval) -> f64 {
    Intensity::of(interval).unwrap().g_per_kwh
}

/// The intervals of a day of the operator: from 00:05 to the next midnight.
fn of_day<'a>(read: &'a Read, date: &str) -> Vec<&'a Interval> {
    let is_of = |interval: &&Interval| {
        let local = interval.stamp().local() - 1.second();
        local.strftime("%Y%m%d").to_string() == date
    };
    read.intervals.iter().filter(is_of).collect()
}

#[track_caller]
fn assert_near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
}

fn summary(intervals: &[&Interval]) -> Summary {
    let mut summary = Summary::default();
    for interval in intervals {
        summary.add(&ny_power::reading::Reading::Interval((*interval).clone()));
    }
    summary.end(ny_power::reading::Counts::default());
    summary
}

fn check_real_month(path: &Path) {
    let read = read(path);
    assert_eq!((read.intervals.len(), read.refused.len()), (8_719, 0));
    assert!(read.intervals.is_sorted_by(|one, next| one.at() < next.at()), "none is there twice");

    let first_day = summary(&of_day(&read, "20160401"));
    assert_eq!(first_day.intervals, 290);
    assert_near(first_day.first.unwrap(), 164.561_580);
    assert_near(first_day.last.unwrap(), 165.106_418);
    assert_near(first_day.mean.unwrap(), 201.834_792);
    let (min, max) = (first_day.min.unwrap(), first_day.max.unwrap());
    assert_near(min.value, 152.559_019);
    assert_near(max.value, 257.159_095);
    assert_eq!(min.stamp.to_string(), "04/01/2016 02:30:00");
    assert_eq!(max.stamp.to_string(), "04/01/2016 19:05:00");

    let longest = summary(&of_day(&read, "20160426"));
    assert_eq!(longest.intervals, 301);
    assert_near(longest.max.unwrap().value, 268.560_714);
    assert_eq!(longest.max.unwrap().stamp.to_string(), "04/26/2016 16:30:00");
    check_publications(&read.intervals, 61_033);
}

/// As many outputs as there are rows, and one intensity and one status for each interval, in order.
fn check_publications(intervals: &[Interval], rows: usize) {
    let mut counts = [0; 3];
    for interval in intervals {
        let topics: Vec<_> =
            publications(interval).unwrap().into_iter().map(|message| message.topic).collect();
        let (last, before) = topics.split_last().unwrap();
        assert_eq!(&**last, "ny-power/status/fuel-mix/updated");
        let (computed, upstream) = before.split_last().unwrap();
        assert_eq!(&**computed, "ny-power/computed/co2");
        assert!(upstream.iter().all(|topic| topic.starts_with("ny-power/upstream/fuel-mix/")));
        counts = [counts[0] + upstream.len(), counts[1] + 1, counts[2] + 1];
    }
    assert_eq!(counts, [rows, intervals.len(), intervals.len()]);
}

#[test]
fn the_operators_month_gives_the_numbers_that_are_known_of_it() {
    if let Some(path) = real_month() {
        check_real_month(&path);
    }
}

#[test]
fn a_generated_month_is_read_whole_and_each_interval_is_published() {
    let days: Vec<_> = day("2016-04-01", 1).following(30).collect();
    let members: Vec<_> = days.iter().map(|day| (day.file_name(), day.bytes())).collect();
    let read = read_file("20160401rtfuelmix_csv.zip", &zip_of(&members));
    let stamps: Vec<_> = read.intervals.iter().map(Interval::stamp).collect();
    assert_eq!(stamps, days.iter().flat_map(|day| day.stamps()).collect::<Vec<_>>());
    assert_eq!(read.refused, Vec::<String>::new());
    assert!((8_500..8_900).contains(&stamps.len()), "as many as in a real month: {}", stamps.len());
    check_publications(&read.intervals, 7 * stamps.len());
    let values: Vec<f64> = read.intervals.iter().map(intensity).collect();
    let mean = values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap());
    assert!((150.0..300.0).contains(&mean), "like a real month: {mean}");
}

#[test]
fn an_eighth_fuel_is_published_and_counts_as_nothing() {
    let rows = Fuel::PUBLISHED.map(|fuel| format!("04/01/2016 00:05:00,EDT,{fuel},100.0\n")).concat();
    let text =
        format!("Time Stamp,Time Zone,Fuel Category,Gen MW\n{rows}04/01/2016 00:05:00,EDT,Solar,300.0\n");
    let read = read_file("f.csv", text.as_bytes());
    assert_eq!(read.refused, ["unknown Solar"]);
    let [interval] = &read.intervals[..] else { panic!("{read:?}") };
    let computed = Intensity::of(interval).unwrap();
    assert_near(computed.total_mw, 1000.0);
    assert_near(computed.g_per_kwh, (473.035_727 + 491.117_147 + 1_212.018_384) / 10.0);
    let messages = publications(interval).unwrap();
    assert_eq!(messages.len(), 10);
    assert_eq!(&*messages[7].topic, "ny-power/upstream/fuel-mix/Solar");
}
