//! The program's archive role with a real InfluxDB, around its own broker and around a real Mosquitto.

use std::time::Duration;

use flowcore::base::Clock;
use jiff::Timestamp;
use ny_power::archive::{Archive, InfluxArchive, Series};
use ny_power::fuel::Fuel;
use ny_power::intensity::Intensity;
use ny_power::interval::Interval;

use super::influx_server::InfluxServer;
use super::suite::everything;
use crate::program::replay::{days, intervals};
use crate::program::site::{BOTH, Site};

const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until so many intensities are kept.
async fn wait_for(archive: &InfluxArchive, count: usize) {
    let watch = Clock::system().stopwatch();
    loop {
        let kept = archive.range(&Series::Intensity, Timestamp::MIN, Timestamp::MAX).await.unwrap().len();
        if kept >= count {
            return;
        }
        assert!(watch.elapsed() < PATIENCE, "{kept} of {count} are kept");
        Clock::system().sleep(Duration::from_millis(50)).await;
    }
}

async fn assert_keeps(archive: &InfluxArchive, intervals: &[Interval]) {
    let expected =
        intervals.iter().map(|interval| (interval.at(), Intensity::of(interval).unwrap().g_per_kwh));
    assert_eq!(everything(archive, &Series::Intensity).await, expected.collect::<Vec<_>>());
    for fuel in Fuel::PUBLISHED {
        let output = |interval: &Interval| interval.mw().iter().find(|(of, _)| *of == fuel).unwrap().1;
        let expected: Vec<_> = intervals.iter().map(|interval| (interval.at(), output(interval))).collect();
        assert_eq!(everything(archive, &Series::Fuel(fuel.name().to_owned())).await, expected, "{fuel}");
    }
}

#[tokio::test]
async fn what_is_published_is_in_the_influxdb_also_when_that_was_killed_meanwhile() {
    for kind in BOTH {
        let mut server = InfluxServer::start().await;
        let site = Site::start(kind).await;
        let input = days(site.dir(), 1);
        let expected = intervals(&input);
        let dir = site.dir().join("archive");
        let address = server.address("", "");
        let mut archiver = site.role("archive", &["--dir", dir.to_str().unwrap(), "--archive", &address]);
        let mut windows = site.subscribe("ny-power/archive/co2/20h", &[]).await;
        let archive = server.archive();
        let mut pump = site.role("pump", &["--input", input.to_str().unwrap(), "--speed", "max"]);
        wait_for(&archive, 1).await;
        server.kill();
        server.start_again().await;
        assert!(pump.end().await.success(), "{}", pump.said());
        let last = expected.last().unwrap().at();
        while !windows.next().await.contains(&format!("{last}\"]")) {}
        wait_for(&archive, expected.len()).await;
        assert!(archiver.stop().await.success(), "{}", archiver.said());
        assert_keeps(&archive, &expected).await;
    }
}
