use std::fs;
use std::sync::Arc;

use flowcore::base::LocalDisk;
use ny_power::input::Input;
use ny_power::interval::Interval;
use ny_power::reading::{Reader, Reading};

use super::{day, read, read_file, zip_of};

#[test]
fn a_folder_is_read_in_the_order_of_its_dates_and_nothing_else_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let days: Vec<_> = day("2016-03-30", 5).following(5).collect();
    // The third day is in a zip, and they are written in no order.
    for day in [days[4], days[0], days[3], days[1]] {
        fs::write(folder.path().join(day.file_name()), day.bytes()).unwrap();
    }
    let zip = zip_of(&[(days[2].file_name(), days[2].bytes())]);
    fs::write(folder.path().join("20160401rtfuelmix_csv.zip"), zip).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a file of the operator").unwrap();
    fs::create_dir(folder.path().join("20160101rtfuelmix.csv")).unwrap();

    let found = read(folder.path());
    let expected: Vec<_> = days.iter().flat_map(|day| day.stamps()).collect();
    assert_eq!(found.intervals.iter().map(Interval::stamp).collect::<Vec<_>>(), expected);
    assert!(found.refused.is_empty(), "{:?}", found.refused);
}

#[test]
fn a_file_of_the_folder_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let days: Vec<_> = day("2016-04-01", 5).following(2).collect();
    fs::write(folder.path().join(days[0].file_name()), "<!DOCTYPE html><title>502</title>").unwrap();
    fs::write(folder.path().join("20160401.zip"), b"PK\x03\x04 and no more").unwrap();
    fs::write(folder.path().join(days[1].file_name()), days[1].bytes()).unwrap();
    let found = read(folder.path());
    assert_eq!(found.intervals.len(), days[1].stamps().count());
    assert_eq!(found.refused.len(), 2);
    assert!(found.refused[0].starts_with("20160401.zip: it cannot be unpacked: "), "{:?}", found.refused);
    assert_eq!(found.refused[1], "20160401rtfuelmix.csv: it is a web page, not a file of the fuel mix");
}

#[test]
fn nothing_to_read_is_an_error_that_names_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let why = |path| Input::open(Arc::new(LocalDisk), path).unwrap_err().to_string();
    let shown = folder.path().display();
    assert_eq!(why(folder.path()), format!("there is no .csv and no .zip in {shown}"));
    assert_eq!(why(&folder.path().join("x.csv")), format!("cannot read {shown}/x.csv"));
}

#[test]
fn a_file_without_an_end_of_line_is_read_in_bounded_memory_and_refused_once() {
    let day = day("2016-04-01", 5);
    let mut bytes = day.bytes();
    bytes.extend_from_slice(b"\r\n");
    bytes.resize(bytes.len() + (8 << 20), b'x');
    let found = read_file("20160401rtfuelmix.csv", &bytes);
    let rows = 7 * day.stamps().count() + 2;
    assert_eq!(found.intervals.len(), day.stamps().count());
    let refused = format!("20160401rtfuelmix.csv, row {rows}: the row is longer than 1024 bytes");
    assert_eq!(found.refused, [refused]);
}

#[test]
fn a_restart_reads_on_after_the_last_interval() {
    let folder = tempfile::tempdir().unwrap();
    let days: Vec<_> = day("2016-11-05", 5).following(2).collect();
    for day in &days {
        fs::write(folder.path().join(day.file_name()), day.bytes()).unwrap();
    }
    let all: Vec<_> = days.iter().flat_map(|day| day.stamps()).collect();
    for at in [0, 100, 320, all.len() - 1] {
        let input = Input::open(Arc::new(LocalDisk), folder.path()).unwrap();
        let mut input = input.with_reader(Reader::after(all[at]));
        let stamps: Vec<_> = input
            .by_ref()
            .map(|reading| match reading {
                Reading::Interval(interval) => interval.stamp(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(stamps, all[at + 1..]);
        assert_eq!(input.counts().known, at as u64 + 1);
    }
}
