//! The broker is away for ten seconds, in the middle of everything.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::Clock;
use jiff::Timestamp;
use ny_power::archive::{self, Series};

use super::messages::Message;
use super::replay::{days, intervals};
use super::site::{Kind, Site};
use crate::broker::tool::Subscriber;

const AWAY: Duration = Duration::from_secs(10);

/// What an archive has, when nobody has it open.
pub(crate) async fn archived(dir: &std::path::Path, series: &Series) -> BTreeMap<Timestamp, f64> {
    let archive = archive::open("embedded", dir).await.unwrap();
    let points = archive.range(series, Timestamp::MIN, Timestamp::MAX).await.unwrap();
    points.into_iter().collect()
}

/// Waits until the archiver has this interval.
async fn until_archived(windows: &mut Subscriber, interval: Timestamp) {
    loop {
        let line = windows.next().await;
        let payload: serde_json::Value =
            serde_json::from_str(line.split_at(line.find('{').unwrap()).1).unwrap();
        let last = payload["ts"].as_array().unwrap().last().map(|at| at.as_str().unwrap().parse().unwrap());
        if last.is_some_and(|last: Timestamp| last >= interval) {
            return;
        }
    }
}

async fn nothing_is_lost(kind: Kind) {
    // A Mosquitto loses what it has acknowledged in the last second before it is killed: slowly enough, and when
    // the archiver keeps up, little is under way. The own broker loses nothing.
    let speed = if kind == Kind::Own { "max" } else { "500" };
    let folder = tempfile::tempdir().unwrap();
    let input = days(folder.path(), 2);
    let expected = intervals(&input);
    let mut site = Site::start(kind).await;
    let dir = site.dir().join("archive");
    let mut archiver = site.role("archive", &["--dir", dir.to_str().unwrap()]);
    let mut subscriber = site.subscribe("ny-power/status/#", &[]).await;
    let mut window = site.subscribe("ny-power/archive/#", &[]).await;
    let mut pump = site.role("pump", &["--input", input.to_str().unwrap(), "--speed", speed]);
    let mut seen = Timestamp::MIN;
    for _ in 0..100 {
        seen = Message::parse(&subscriber.next().await).at();
    }
    if kind == Kind::Mosquitto {
        until_archived(&mut window, seen).await;
    }
    site.kill_broker();
    Clock::system().sleep(AWAY).await;
    site.start_broker().await;
    assert!(pump.end().await.success(), "{}", pump.said());

    let last = expected.last().unwrap().at();
    until_archived(&mut site.subscribe("ny-power/archive/#", &[]).await, last).await;
    assert!(archiver.stop().await.success(), "{}", archiver.said());
    let kept = archived(&dir, &Series::Intensity).await;
    let missing: Vec<_> = expected.iter().filter(|interval| !kept.contains_key(&interval.at())).collect();
    assert!(missing.is_empty(), "{} of {} are missing: {missing:?}", missing.len(), expected.len());
    for fuel in ny_power::fuel::Fuel::PUBLISHED {
        let kept = archived(&dir, &Series::Fuel(fuel.to_string())).await;
        assert_eq!(kept.len(), expected.len(), "{fuel}");
    }
}

#[tokio::test]
async fn with_the_own_broker_killed_and_away_for_ten_seconds_nothing_is_lost() {
    nothing_is_lost(Kind::Own).await;
}

#[tokio::test]
async fn with_a_mosquitto_killed_and_away_for_ten_seconds_nothing_is_lost() {
    nothing_is_lost(Kind::Mosquitto).await;
}

#[tokio::test]
async fn the_status_keeps_its_order_over_an_outage() {
    for kind in [Kind::Own, Kind::Mosquitto] {
        let folder = tempfile::tempdir().unwrap();
        let input = days(folder.path(), 1);
        let last = intervals(&input).last().unwrap().at();
        let mut site = Site::start(kind).await;
        let mut subscriber = site.subscribe("ny-power/status/#", &[]).await;
        let mut pump = site.role("pump", &["--input", input.to_str().unwrap(), "--speed", "1000"]);
        let mut statuses: Vec<Timestamp> = Vec::new();
        while statuses.len() < 40 {
            statuses.push(Message::parse(&subscriber.next().await).at());
        }
        site.kill_broker();
        site.start_broker().await;
        // The subscriber comes back by itself; what it finds first is retained.
        while statuses.last() != Some(&last) {
            statuses.push(Message::parse(&subscriber.next().await).at());
        }
        assert!(pump.end().await.success(), "{}", pump.said());
        assert!(statuses.is_sorted(), "the status went back");
    }
}
