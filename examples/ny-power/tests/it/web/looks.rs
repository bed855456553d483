//! How the pages look.

use serde_json::json;

use super::browser_driver::{Browser, Driver};
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval, wave};
use super::site::Site;

fn fits(browser: &Browser<'_>, what: &str) {
    let overhang = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.eval(overhang), json!(0), "{what} scrolls sideways");
}

/// A live grid with an archive of 20 hours.
fn fill(pump: &mut Publisher) {
    let mut interval = Interval::of_september(this_interval());
    interval.megawatts[3] = 61.0;
    pump.interval(&interval);
    let mut window = wave(interval.at, 20);
    window.last_mut().unwrap().1 = interval.intensity();
    pump.window("20h", &window);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_dashboard_fits_a_desk_and_a_phone_in_light_and_dark() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    fill(&mut Publisher::connect(broker.mqtt));
    for (screen, width, height) in [("desk", 1280, 720), ("tablet", 800, 1100), ("phone", 390, 1300)] {
        let browser = driver.browser(width, height);
        for scheme in ["light", "dark"] {
            browser.prefer(scheme, "no-preference");
            site.dashboard(&browser).await;
            browser.wait("document.querySelectorAll('.bar:not([data-value=\"\"])').length === 7").await;
            browser.wait("document.querySelector('path.line')").await;
            browser.settle().await;
            fits(&browser, screen);
            browser.picture(&format!("ny-power-{screen}-{scheme}"));
            let light = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => part > 128)";
            assert_eq!(browser.eval(light), json!(scheme == "light"));
            let fossil = "const bar = getComputedStyle(document.querySelector('.fuel-fossil')); return [bar.fill, bar.stroke]";
            let outline = if scheme == "dark" { "rgb(159, 177, 170)" } else { "rgba(0, 0, 0, 0)" };
            assert_eq!(browser.eval(fossil), json!(["rgb(51, 51, 51)", outline]), "{scheme}");
        }
        let crowded = browser.eval(
            "return ['.time', '.day', '.amount', '.fuel tspan:first-child'].filter((kind) => \
             ['#line', '#bars'].some((chart) => { \
             const boxes = [...document.querySelectorAll(`${chart} ${kind}`)].map((label) => label.getBoundingClientRect()); \
             return boxes.some((one, index) => boxes.slice(index + 1).some((other) => one.left < other.right && \
             other.left < one.right && one.top < other.bottom && other.top < one.bottom)); }))",
        );
        assert_eq!(crowded, json!([]), "{screen}: labels lie over each other");
        let cut = browser.eval(
            "return [...document.querySelectorAll('.stage text')].filter((label) => { \
             const [own, stage] = [label, label.closest('.stage')].map((part) => part.getBoundingClientRect()); \
             return own.left < stage.left - 1 || own.right > stage.right + 1 || own.bottom > stage.bottom + 1; }) \
             .map((label) => label.textContent)",
        );
        assert_eq!(cut, json!([]), "{screen}: labels are cut off");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_empty_dashboard_says_that_it_waits() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let browser = driver.browser(1280, 720);
    site.dashboard(&browser).await;
    let shown = browser.eval("return document.body.innerText");
    let shown = shown.as_str().unwrap();
    for part in ["connected, no data yet", "No archive yet.", "No interval yet.", "last updated never"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    fits(&browser, "an empty page");
    browser.picture("ny-power-empty");
    drop(browser);
    site.stop().await;
}
