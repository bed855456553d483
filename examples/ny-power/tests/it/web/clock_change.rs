//! New York's clocks go back in autumn and forward in spring.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::browser_driver::{Browser, Driver};
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher};
use super::site::{Site, text, wait_text};

/// The x of each point of the line.
const XS: &str =
    "document.querySelector('path.line').getAttribute('d').split(/[ML]/).slice(1).map(parseFloat)";

fn every_five_minutes(from: &str, count: i32) -> Vec<(Timestamp, f64)> {
    let from: Timestamp = from.parse().unwrap();
    let at = |index: i32| from + SignedDuration::from_mins(5) * index;
    (0..count).map(|index| (at(index), 200.0 + f64::from(index % 12))).collect()
}

/// Labels of the time axis, top line and bottom line.
fn labels(browser: &Browser<'_>, kind: &str) -> Value {
    browser.eval(&format!(
        "return [...document.querySelectorAll('#line .{kind}')].map((label) => label.textContent)"
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_hour_that_comes_twice_in_autumn_lies_beside_itself() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    // From 01:00 EDT to 02:00 EST: two hours of the clock's one.
    let points = every_five_minutes("2025-11-02T05:00:00Z", 25);
    pump.window("2h", &points);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelector('path.line')").await;
    let xs = browser.eval(&format!("return {XS}"));
    let xs: Vec<f64> = xs.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(xs.len(), 25);
    let steps: Vec<f64> = xs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let even = (xs[24] - xs[0]) / 24.0;
    assert!(steps.iter().all(|step| (step - even).abs() < 0.2), "{steps:?}");
    let times = labels(&browser, "time");
    assert_eq!(
        times.as_array().unwrap().iter().filter(|label| **label == json!("01:30")).count(),
        2,
        "{times}"
    );
    assert_eq!(labels(&browser, "day"), json!(["11/02 EDT", "EST"]));
    browser.eval("document.querySelector('#line-cursor').focus()");
    let said = |steps: usize| {
        for _ in 0..steps {
            browser.press('\u{E00F}');
        }
        browser.eval("return document.activeElement.getAttribute('aria-valuetext')")
    };
    // Page down is an hour back.
    assert_eq!(said(1), json!("11/02 01:00 EST: 200.0 g / kWh"));
    assert_eq!(said(1), json!("11/02 01:00 EDT: 200.0 g / kWh"));
    browser.picture("ny-power-autumn");

    // The headline and the bars know both, too.
    for (at, zone, megawatts) in
        [("2025-11-02T05:30:00Z", "EDT", 11.0), ("2025-11-02T06:30:00Z", "EST", 22.0)]
    {
        pump.interval(&Interval { at: at.parse().unwrap(), megawatts: [megawatts; 7] });
        wait_text(&browser, "updated", &format!("11/02/2025 01:30:00 {zone}")).await;
        wait_text(&browser, "bars-note", &format!("01:30:00 {zone}, {} MW", 7.0 * megawatts)).await;
    }
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_hour_that_there_is_not_in_spring_is_not_on_the_axis() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    // From 00:00 EST to 05:00 EDT, four hours.
    pump.window("4h", &every_five_minutes("2026-03-08T05:00:00Z", 49));
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelector('path.line')").await;
    let times = labels(&browser, "time");
    let times: Vec<_> = times.as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
    assert!(!times.iter().any(|label| label.starts_with("02:")), "{times:?}");
    assert!(times.contains(&"01:00") && times.contains(&"03:00"), "{times:?}");
    assert_eq!(labels(&browser, "day"), json!(["03/08 EST", "EDT"]));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn where_nothing_was_measured_there_is_no_line() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let mut points = every_five_minutes("2026-09-14T05:00:00Z", 40);
    points.drain(12..24);
    pump.window("20h", &points);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelector('path.line')").await;
    let strokes = "return document.querySelector('path.line').getAttribute('d').match(/M/g).length";
    assert_eq!(browser.eval(strokes), json!(2));

    // A window of one point, and one of none, are windows too.
    pump.window("20h", &points[..1]);
    browser.wait(&format!("{XS}.length === 1 && document.querySelector('circle.last')")).await;
    pump.window("20h", &[]);
    browser
        .wait("!document.querySelector('path.line') && !document.querySelector('#line-empty').hidden")
        .await;
    assert_eq!(text(&browser, "line-name"), "20h");
    assert_eq!(browser.log(), json!([]));
    drop(browser);
    site.stop().await;
}
