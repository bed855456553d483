//! What the page says of how new its data are.

use jiff::SignedDuration;
use serde_json::json;

use super::browser_driver::{Browser, Driver};
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval};
use super::site::{Site, text, wait_text};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A browser whose pages' clocks stand still, but for what they are put ahead.
fn frozen(driver: &Driver) -> Browser<'_> {
    let browser = driver.browser(1280, 720);
    let source = "const start = Date.now(); window.ahead = 0; Date.now = () => start + ahead * 60000";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({"source": source}));
    browser
}

fn go_ahead(browser: &Browser<'_>, minutes: u32) {
    browser.eval(&format!("ahead += {minutes}"));
}

fn state(browser: &Browser<'_>) -> String {
    browser.eval("return document.body.dataset.state").as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_live_grid_that_stands_still_for_half_an_hour_is_old_until_it_goes_on() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = frozen(&driver);
    site.dashboard(&browser).await;
    // A page that took its time would find an older one older still.
    let interval = Interval::of_september(this_interval());
    pump.interval(&interval);
    browser.wait("document.body.dataset.state === 'live'").await;
    go_ahead(&browser, 24);
    // The page looks at its clock each second.
    browser.eval("window.asked = performance.now()");
    browser.wait("performance.now() > asked + 1500").await;
    assert_eq!(state(&browser), "live", "half an hour is not over");
    go_ahead(&browser, 10);
    browser.wait("document.body.dataset.state === 'old'").await;
    let notice = text(&browser, "notice");
    assert!(notice.starts_with("This is old: its interval ended on "), "{notice}");
    assert!(text(&browser, "age").ends_with(" minutes ago"), "{}", text(&browser, "age"));
    browser.picture("ny-power-old");
    pump.interval(&Interval { at: interval.at + 30 * MINUTE, ..interval });
    browser.wait("document.body.dataset.state === 'live' && document.querySelector('#notice').hidden").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_the_broker_kept_from_a_dead_pump_is_old_but_not_before_a_replay_had_time_to_show() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let interval = Interval::of_september(this_interval() - 180 * MINUTE);
    pump.interval(&interval);
    let browser = frozen(&driver);
    site.dashboard(&browser).await;
    wait_text(&browser, "value", "245").await;
    wait_text(&browser, "status", "connected").await;
    assert_eq!(browser.eval("return document.querySelector('#notice').hidden"), json!(true));
    go_ahead(&browser, 1);
    wait_text(&browser, "notice", "Nothing newer has come.").await;
    assert_eq!(text(&browser, "age"), "3 hours ago");
    // Yesterday's rows that come now are a pump at work.
    pump.interval(&Interval { at: interval.at + 5 * MINUTE, ..interval });
    wait_text(&browser, "status", "catching up, at ").await;
    go_ahead(&browser, 16);
    wait_text(&browser, "notice", "The data is old: nothing has come for a while.").await;
    assert_eq!(text(&browser, "age"), "nothing for 16 minutes");
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn days_long_gone_that_still_come_are_a_replay_which_may_stand_still() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let interval = Interval::of_september("2016-04-01T04:05:00Z".parse().unwrap());
    let browser = frozen(&driver);
    site.dashboard(&browser).await;
    pump.interval(&interval);
    wait_text(&browser, "status", "replay of 04/01/2016").await;
    assert_eq!(text(&browser, "updated"), "04/01/2016 00:05:00 EDT");
    assert_eq!(state(&browser), "replay");
    browser.picture("ny-power-replay");
    go_ahead(&browser, 20);
    wait_text(&browser, "notice", "the replay is over, or stands still.").await;
    assert_eq!(text(&browser, "age"), "nothing for 20 minutes");
    assert_eq!(text(&browser, "status"), "replay of 04/01/2016");
    pump.interval(&Interval { at: "2016-04-02T04:05:00Z".parse().unwrap(), ..interval });
    wait_text(&browser, "status", "replay of 04/02/2016").await;
    browser.wait("document.querySelector('#notice').hidden").await;
    // A replay that begins anew goes back, and the page with it.
    pump.interval(&interval);
    wait_text(&browser, "status", "replay of 04/01/2016").await;
    wait_text(&browser, "bars-note", "04/01/2016 00:05:00 EDT").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_message_of_an_older_pump_that_knows_the_wall_time_alone_is_understood() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = frozen(&driver);
    site.dashboard(&browser).await;
    for (ts, zone, value) in [
        ("04/09/2018 14:35:00", "EDT", 209.27),
        ("01/19/2016 00:05", "EST", 180.2),
        ("11/02/2025 01:30:00", "EDT", 1.0),
    ] {
        let message = json!({"ts": ts, "value": value, "units": "g / kWh"});
        pump.publish("ny-power/computed/co2", message.to_string(), true);
        wait_text(&browser, "updated", &format!("{ts} {zone}")).await;
    }
    assert_eq!(text(&browser, "value"), "1");
    drop(browser);
    site.stop().await;
}
