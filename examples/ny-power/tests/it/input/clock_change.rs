use jiff::Timestamp;
use ny_power::fuel::Fuel;
use ny_power::interval::Interval;

use super::{day, read_file};

/// Files of seven rows for each of these stamps.
fn file(stamps: &[(&str, &str)]) -> String {
    let mut text = "Time Stamp,Time Zone,Fuel Category,Gen MW".to_owned();
    for (local, zone) in stamps {
        text += &Fuel::PUBLISHED.map(|fuel| format!("\r\n{local},{zone},{fuel},100.0")).concat();
    }
    text
}

/// The instants of a file, and what was refused.
fn instants(text: &str) -> (Vec<Timestamp>, Vec<String>) {
    let read = read_file("20251102rtfuelmix.csv", text.as_bytes());
    (read.intervals.iter().map(Interval::at).collect(), read.refused)
}

#[test]
fn the_autumn_hour_is_there_twice() {
    let edt = ["01:00", "01:15", "01:30", "01:45", "01:55"].map(|time| (time, "EDT"));
    let est = ["01:00", "01:15", "01:30", "01:45", "01:55", "02:00"].map(|time| (time, "EST"));
    let stamps: Vec<(String, &str)> = [("00:30", "EDT"), ("00:55", "EDT")]
        .into_iter()
        .chain(edt)
        .chain(est)
        .map(|(time, zone)| (format!("11/02/2025 {time}:00"), zone))
        .collect();
    let stamps: Vec<(&str, &str)> = stamps.iter().map(|(local, zone)| (local.as_str(), *zone)).collect();
    let (instants, refused) = instants(&file(&stamps));
    assert_eq!((instants.len(), refused.len()), (13, 0));
    assert!(instants.is_sorted_by(|one, next| one < next));
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!((instants[2], instants[7]), (at("2025-11-02T05:00:00Z"), at("2025-11-02T06:00:00Z")));
}

#[test]
fn the_spring_hour_is_not_invented() {
    let (instants, refused) = instants(&file(&[
        ("03/09/2025 01:55:00", "EST"),
        ("03/09/2025 02:30:00", "EST"),
        ("03/09/2025 02:30:00", "EDT"),
        ("03/09/2025 03:00:00", "EDT"),
    ]));
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(instants, [at("2025-03-09T06:55:00Z"), at("2025-03-09T07:00:00Z")]);
    assert_eq!(refused.len(), 14);
    let why = "03/09/2025 02:30:00 EST does not exist: at that instant New York has EDT";
    assert_eq!(refused[0], format!("20251102rtfuelmix.csv, row 9: {why}"));
    assert!(refused[7].ends_with("02:30:00 EDT does not exist: at that instant New York has EST"));
}

#[test]
fn generated_days_of_the_clock_change_are_read_as_they_were_made() {
    for date in ["2016-03-13", "2016-11-06", "2025-03-09", "2025-11-02", "2024-02-29", "2015-12-31"] {
        for seed in 0..5 {
            let day = day(date, seed);
            let read = read_file(&day.file_name(), &day.bytes());
            let stamps: Vec<_> = read.intervals.iter().map(Interval::stamp).collect();
            assert_eq!(stamps, day.stamps().collect::<Vec<_>>(), "{date} {seed}");
            assert_eq!(read.refused, Vec::<String>::new(), "{date} {seed}");
        }
    }
}
