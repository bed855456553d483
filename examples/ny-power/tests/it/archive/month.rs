//! The archive window over the recorded month.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use ny_power::archive::{Archive, Point, Series, WindowLength};

/// The instants of April 2016. Without the recording, a grid of the same number of points stands for it.
fn instants() -> (Vec<Timestamp>, bool) {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/nyiso");
    let path = shared.join("20160401rtfuelmix_csv.zip");
    let Ok(file) = File::open(&path) else {
        println!("{} is not there: a grid of five minutes stands for it", path.display());
        let first: Timestamp = "2016-04-01T04:05:00Z".parse().unwrap();
        let step = |n: i64| first + jiff::SignedDuration::from_mins(5 * n);
        return ((0..8640).map(step).collect(), false);
    };
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut instants = Vec::new();
    for index in 0..zip.len() {
        let mut text = String::new();
        zip.by_index(index).unwrap().take(1 << 20).read_to_string(&mut text).unwrap();
        instants.extend(text.lines().filter(|line| line.contains(",Wind,")).map(instant));
    }
    (instants, true)
}

/// All of April is summer time.
fn instant(row: &str) -> Timestamp {
    let stamp = row.split_once(",EDT,").unwrap().0;
    jiff::fmt::strtime::parse("%m/%d/%Y %H:%M:%S%z", format!("{stamp}-0400")).unwrap().to_timestamp().unwrap()
}

pub(crate) async fn windows_have_the_points_of_the_recording(archive: &dyn Archive) {
    let (instants, recorded) = instants();
    let point =
        |(n, at): (u32, &Timestamp)| Point { series: Series::Intensity, at: *at, value: f64::from(n) };
    let points: Vec<_> = (0..).zip(&instants).map(point).collect();
    archive.store(&points).await.unwrap();
    let until: Timestamp = "2016-04-15T06:55:00-04:00".parse().unwrap();
    for (length, expected) in
        [("20h", if recorded { 242 } else { 240 }), ("24h", if recorded { 290 } else { 288 })]
    {
        let length: WindowLength = length.parse().unwrap();
        let stored = archive.range(&Series::Intensity, length.start(until), until).await.unwrap();
        assert_eq!(stored.len(), expected, "{length}");
        let window = length.message(until, stored);
        assert_eq!((window.ts.len(), window.values.len()), (expected, expected), "{length}");
        assert!(window.ts.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(window.ts.last(), Some(&until));
    }
}
