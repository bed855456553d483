//! The days on which New York's clocks are changed, from the file to the archive.

use jiff::Timestamp;
use ny_power::archive::Series;
use ny_power::generator::Day;

use super::outage::archived;
use super::replay::intervals;
use super::whole::start;

/// What the whole program publishes and keeps of a day.
async fn kept_of(date: &str) -> (Vec<Timestamp>, Vec<(Timestamp, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let day = Day::new(date.parse().unwrap(), 3);
    let input = folder.path().join(day.file_name());
    std::fs::write(&input, day.bytes()).unwrap();
    let stamps = intervals(&input)
        .iter()
        .map(|interval| (interval.at(), format!("{} {}", interval.stamp(), interval.stamp().zone())))
        .collect();
    let dir = folder.path().join("data");
    let mut program = start(&dir, &input, ["0", "0"], &["--speed", "max", "--exit"]);
    assert!(program.end().await.success(), "{}", program.said());
    (archived(&dir, &Series::Intensity).await.into_keys().collect(), stamps)
}

fn of_hour(stamps: &[(Timestamp, String)], hour: &str) -> Vec<Timestamp> {
    stamps.iter().filter(|(_, stamp)| stamp.contains(hour)).map(|(at, _)| *at).collect()
}

#[tokio::test]
async fn the_hour_that_comes_twice_in_autumn_is_kept_twice() {
    let (kept, stamps) = kept_of("2025-11-02").await;
    assert_eq!(kept, stamps.iter().map(|(at, _)| *at).collect::<Vec<_>>());
    let hour = of_hour(&stamps, " 01:");
    let (first, second) = hour.split_at(hour.len() / 2);
    let [five, six, seven] =
        ["05", "06", "07"].map(|hour| format!("2025-11-02T{hour}:00:00Z").parse().unwrap());
    assert!(first.len() > 10 && first.iter().all(|at| (five..six).contains(at)), "{first:?}");
    assert!(second.len() > 10 && second.iter().all(|at| (six..seven).contains(at)), "{second:?}");
}

#[tokio::test]
async fn the_hour_that_is_left_out_in_spring_is_nowhere() {
    let (kept, stamps) = kept_of("2026-03-08").await;
    assert_eq!(kept, stamps.iter().map(|(at, _)| *at).collect::<Vec<_>>());
    assert_eq!(of_hour(&stamps, " 02:"), []);
    let before = kept.iter().filter(|at| **at < "2026-03-08T07:00:00Z".parse().unwrap()).count();
    assert!((20..30).contains(&before), "{before} intervals before the change");
}
