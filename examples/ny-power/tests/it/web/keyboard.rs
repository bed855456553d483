//! The dashboard by keyboard, by ear and by pointing.

use serde_json::json;

use super::browser_driver::Driver;
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, wave};
use super::site::{Site, text};

const LEFT: char = '\u{E012}';
const PAGE_DOWN: char = '\u{E00F}';
const ESCAPE: char = '\u{E00C}';

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_number_of_the_charts_can_be_had_without_a_pointer_and_without_eyes() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let interval = Interval::of_september("2026-09-14T15:25:00Z".parse().unwrap());
    let mut pump = Publisher::connect(broker.mqtt);
    pump.interval(&interval);
    pump.window("20h", &wave(interval.at, 20));
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelectorAll('.bar:not([data-value=\"\"])').length === 7").await;
    browser.wait("document.querySelector('path.line')").await;

    // The tab key's way to the line: it is a slider, which says what it points at.
    browser.press('\u{E004}');
    browser.eval("document.querySelector('#line-cursor').focus()");
    let said = || browser.eval("return document.activeElement.getAttribute('aria-valuetext')");
    let (last, before) = (said(), wave(interval.at, 20)[238]);
    assert!(last.as_str().unwrap().starts_with("09/14 11:25 EDT: "), "{last}");
    browser.press(LEFT);
    assert_eq!(said(), json!(format!("09/14 11:20 EDT: {:.1} g / kWh", before.1)));
    assert_eq!(text(&browser, "line-tooltip"), format!("09/14 11:20 EDT{:.1} g / kWh", before.1));
    browser.press(PAGE_DOWN);
    assert!(said().as_str().unwrap().starts_with("09/14 10:20 EDT: "), "{}", said());
    browser.picture("ny-power-keyboard");
    browser.press(ESCAPE);
    assert_eq!(browser.eval("return document.querySelector('#line-tooltip').hidden"), json!(true));

    let labels = browser
        .eval("return [...document.querySelectorAll('.bar')].map((bar) => bar.getAttribute('aria-label'))");
    assert_eq!(labels[5], json!("Other Renewables: 824 MW"));
    browser.eval("document.querySelector('#numbers').open = true");
    browser.wait("document.querySelectorAll('#tables tr').length === 1 + 7 + 1 + 240").await;
    browser.eval("document.querySelector('#numbers').scrollIntoView()");
    browser.picture("ny-power-tables");

    // Pointing at the left edge shows the oldest.
    browser.eval(
        "const cursor = document.querySelector('#line-cursor'); const box = cursor.getBoundingClientRect(); \
         cursor.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + 1, clientY: box.top + 50}))",
    );
    let oldest = text(&browser, "line-tooltip");
    assert!(oldest.starts_with("09/13 15:30 EDT"), "{oldest}");
    drop(browser);
    site.stop().await;
}
