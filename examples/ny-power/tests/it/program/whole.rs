//! All of it in one process.

use std::path::Path;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::Random;
use ny_power::archive::Series;
use ny_power::fuel::Fuel;
use ny_power::interval::Interval;

use super::messages::Message;
use super::outage::archived;
use super::process::Process;
use super::replay::{days, intervals};
use super::site::{BOTH, PASSWORD, PROGRAM, Site};

pub(crate) fn start(dir: &Path, input: &Path, ports: [&str; 2], more: &[&str]) -> Process {
    let [mqtt, ws] = ports;
    let arguments = [
        "--dir",
        dir.to_str().unwrap(),
        "--input",
        input.to_str().unwrap(),
        "--port",
        "0",
        "--mqtt-port",
        mqtt,
        "--ws-port",
        ws,
    ];
    let log = dir.parent().unwrap().join("log");
    Process::start(PROGRAM, &[&arguments[..], more].concat(), &log, PASSWORD)
}

#[tokio::test]
async fn one_command_publishes_archives_and_ends_when_it_was_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let (input, dir) = (days(folder.path(), 1), folder.path().join("data"));
    let mut program = start(&dir, &input, ["0", "0"], &["--speed", "max", "--exit"]);
    assert!(program.end().await.success(), "{}", program.said());
    let said = program.said();
    let addresses = [
        "MQTT is at mqtt://127.0.0.1:",
        "websockets at ws://127.0.0.1:",
        "the dashboard is at http://127.0.0.1:",
    ];
    for address in addresses {
        assert!(said.contains(address), "{said}");
    }
    assert_eq!(archived(&dir, &Series::Intensity).await.len(), intervals(&input).len());
}

#[tokio::test]
async fn ten_topics_are_retained_all_of_the_latest_interval() {
    for kind in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let input = days(folder.path(), 1);
        let last = intervals(&input).last().unwrap().at();
        let site = Site::start(kind).await;
        let dir = site.dir().join("archive");
        let mut archiver = site.role("archive", &["--dir", dir.to_str().unwrap()]);
        let mut early = site.subscribe("ny-power/archive/#", &[]).await;
        let mut pump = site.role("pump", &["--input", input.to_str().unwrap(), "--speed", "max"]);
        assert!(pump.end().await.success(), "{}", pump.said());
        while !early.next().await.contains(&format!("{last}\"]")) {}
        assert!(archiver.stop().await.success(), "{}", archiver.said());

        let mut late = site.subscribe_anonymously("ny-power/#").await;
        let messages: Vec<Message> = late.take(10).await.iter().map(|line| Message::parse(line)).collect();
        assert!(messages.iter().all(|message| message.retained));
        let (window, others): (Vec<_>, Vec<_>) =
            messages.iter().partition(|message| message.topic.contains("/archive/"));
        assert!(others.iter().all(|message| message.at() == last), "{others:?}");
        assert_eq!(window.len(), 1);
        assert_eq!(window[0].topic, "ny-power/archive/co2/20h");
        let (ts, values) =
            (window[0].payload["ts"].as_array().unwrap(), window[0].payload["values"].as_array().unwrap());
        assert_eq!(ts.len(), values.len());
        assert_eq!(*ts.last().unwrap(), last.to_string());
    }
}

#[tokio::test]
async fn it_goes_on_where_it_was_killed_and_the_archive_has_every_interval() {
    let seed = 21;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let (input, dir) = (days(folder.path(), 1), folder.path().join("data"));
    for _ in 0..20 {
        let mut program = start(&dir, &input, ["0", "0"], &["--speed", "max"]);
        Clock::system().sleep(Duration::from_millis(100 + random.below(300))).await;
        program.kill();
    }
    let mut program = start(&dir, &input, ["0", "0"], &["--speed", "max", "--exit"]);
    assert!(program.end().await.success(), "{}", program.said());
    let expected = intervals(&input);
    for series in Fuel::PUBLISHED.iter().map(|fuel| Series::Fuel(fuel.to_string())).chain([Series::Intensity])
    {
        let kept = archived(&dir, &series).await;
        let missing: Vec<_> = expected.iter().map(Interval::at).filter(|at| !kept.contains_key(at)).collect();
        assert!(missing.is_empty(), "{series}: {missing:?} are missing");
    }
}
