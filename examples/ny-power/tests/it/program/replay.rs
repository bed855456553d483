//! A day and a month, from the file to those who subscribe.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::LocalDisk;
use jiff::Timestamp;
use ny_power::generator::Day;
use ny_power::input::Input;
use ny_power::intensity::Intensity;
use ny_power::interval::Interval;
use ny_power::reading::Reading;

use super::messages::Message;
use super::site::{BOTH, Kind, Site};
use crate::broker::tool::Subscriber;
use crate::input::real_month;

/// What is in a file, read without a broker.
pub(crate) fn intervals(path: &Path) -> Vec<Interval> {
    let input = Input::open(Arc::new(LocalDisk), path).unwrap();
    let interval = |reading| match reading {
        Reading::Interval(interval) => Some(interval),
        _ => None,
    };
    input.filter_map(interval).collect()
}

/// Generated days in a folder.
pub(crate) fn days(folder: &Path, count: usize) -> PathBuf {
    let folder = folder.join("days");
    std::fs::create_dir_all(&folder).unwrap();
    for day in Day::new("2016-04-01".parse().unwrap(), 7).following(count) {
        std::fs::write(folder.join(day.file_name()), day.bytes()).unwrap();
    }
    folder
}

/// What comes up to the status of this instant.
pub(crate) async fn until_status(subscriber: &mut Subscriber, last: Timestamp) -> Vec<Message> {
    let mut messages = Vec::new();
    loop {
        let message = Message::parse(&subscriber.next().await);
        let is_last = message.is_status() && message.at() == last;
        messages.push(message);
        if is_last {
            return messages;
        }
    }
}

/// Runs the pump to the end of `input`, and checks that every interval came once, in its order.
async fn replay(kind: Kind, input: &Path, expected: &[Interval]) -> Vec<Message> {
    let site = Site::start(kind).await;
    let mut subscriber = site.subscribe("ny-power/#", &[]).await;
    let mut pump = site.role("pump", &["--input", input.to_str().unwrap(), "--speed", "max"]);
    let last = expected.last().unwrap().at();
    let messages = until_status(&mut subscriber, last).await;
    assert!(pump.end().await.success(), "{}", pump.said());

    let mut rest = messages.iter();
    for interval in expected {
        let mut next = || rest.next().unwrap_or_else(|| panic!("{} is missing", interval.at()));
        for (fuel, mw) in interval.mw() {
            let upstream = next();
            assert_eq!(upstream.topic, format!("ny-power/upstream/fuel-mix/{fuel}"));
            assert_eq!((upstream.at(), upstream.value()), (interval.at(), *mw));
        }
        let computed = next();
        let intensity = Intensity::of(interval).unwrap().g_per_kwh;
        assert!(computed.is_computed() && (computed.value() - intensity).abs() < 1e-9, "{computed:?}");
        let status = next();
        assert!(status.is_status() && status.at() == interval.at(), "{status:?}");
    }
    assert!(rest.next().is_none());
    messages
}

/// A member of a zip, as a file.
fn unpack(zip: &Path, member: &str, folder: &Path) -> PathBuf {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap();
    let path = folder.join(member);
    let mut file = std::fs::File::create(&path).unwrap();
    std::io::copy(&mut zip.by_name(member).unwrap(), &mut file).unwrap();
    path
}

fn computed(messages: &[Message]) -> Vec<f64> {
    messages.iter().filter(|message| message.is_computed()).map(Message::value).collect()
}

#[tokio::test]
async fn a_day_is_published_interval_by_interval_and_each_ends_with_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let input = days(folder.path(), 1);
    for kind in BOTH {
        let messages = replay(kind, &input, &intervals(&input)).await;
        assert!(computed(&messages).len() > 280);
    }
}

#[tokio::test]
async fn the_recorded_day_has_its_known_values() {
    let Some(month) = real_month() else { return };
    let folder = tempfile::tempdir().unwrap();
    let input = unpack(&month, "20160401rtfuelmix.csv", folder.path());
    for kind in BOTH {
        let messages = replay(kind, &input, &intervals(&input)).await;
        let values = computed(&messages);
        assert_eq!(values.len(), 290);
        let near = |value: f64, known: f64| assert!((value - known).abs() < 1e-6, "{value} is not {known}");
        near(values[0], 164.561_580);
        near(values[289], 165.106_418);
        #[expect(clippy::cast_precision_loss, reason = "few values")]
        near(values.iter().sum::<f64>() / values.len() as f64, 201.834_792);
        let extreme = |better: fn(f64, f64) -> bool| {
            let computed = messages.iter().filter(|message| message.is_computed());
            computed
                .reduce(|best, other| if better(other.value(), best.value()) { other } else { best })
                .unwrap()
        };
        let (least, most) = (extreme(|a, b| a < b), extreme(|a, b| a > b));
        near(least.value(), 152.559_019);
        near(most.value(), 257.159_095);
        assert_eq!(least.payload["ts"], "04/01/2016 02:30:00");
        assert_eq!(most.payload["ts"], "04/01/2016 19:05:00");
    }
}

#[tokio::test]
async fn the_recorded_month_comes_whole_and_nothing_twice() {
    let Some(month) = real_month() else { return };
    let expected = intervals(&month);
    assert_eq!(expected.len(), 8_719);
    for kind in BOTH {
        let messages = replay(kind, &month, &expected).await;
        assert_eq!(messages.iter().filter(|message| message.is_upstream()).count(), 61_033);
        assert_eq!(messages.iter().filter(|message| message.is_status()).count(), 8_719);
        let is_of_the_day = |message: &&Message| {
            message.is_computed() && message.payload["ts"].as_str().unwrap().starts_with("04/26/2016")
        };
        let of_the_day = messages.iter().filter(is_of_the_day);
        let most = of_the_day.max_by(|a, b| a.value().total_cmp(&b.value())).unwrap();
        assert!((most.value() - 268.560_714).abs() < 1e-6, "{most:?}");
        assert_eq!(most.payload["ts"], "04/26/2016 16:30:00");
    }
}
