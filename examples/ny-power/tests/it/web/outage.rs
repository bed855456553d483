//! The broker goes, and comes back.

use serde_json::json;

use super::browser_driver::Driver;
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval, wave};
use super::site::{Site, text, wait_text};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_page_says_that_the_broker_is_gone_keeps_what_it_knew_and_comes_back_by_itself() {
    let (driver, mut broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let interval = Interval::of_september(this_interval());
    let mut pump = Publisher::connect(broker.mqtt);
    pump.interval(&interval);
    pump.window("20h", &wave(interval.at, 20));
    let browsers = [driver.browser(1280, 720), driver.browser(900, 500)];
    site.dashboard(&browsers[0]).await;
    site.console(&browsers[1]).await;
    browsers[0].wait("document.body.dataset.state === 'live' && document.querySelector('path.line')").await;
    wait_text(&browsers[1], "count", "10 messages").await;
    broker.kill();

    for (name, browser) in ["dashboard", "console"].into_iter().zip(&browsers) {
        browser.wait("document.body.dataset.state === 'gone'").await;
        let notice = text(browser, "notice");
        let broker = format!("No connection to the broker at ws://{}: ", broker.websocket);
        assert!(notice.starts_with(&broker) && notice.contains("Trying again"), "{notice}");
        assert_eq!(text(browser, "status"), "disconnected");
        browser.picture(&format!("ny-power-{name}-disconnected"));
    }
    assert_eq!(text(&browsers[0], "value"), "245", "what was known is still there");
    assert_eq!(text(&browsers[1], "count"), "10 messages");

    broker.start_again().await;
    for browser in &browsers {
        browser
            .wait("document.body.dataset.state === 'live' && document.querySelector('#notice').hidden")
            .await;
    }
    let next = Interval { megawatts: [100.0; 7], ..interval };
    Publisher::connect(broker.mqtt).interval(&next);
    wait_text(&browsers[0], "value", &next.intensity().round().to_string()).await;
    wait_text(&browsers[1], "lines", "\"value\":100.0").await;
    drop(browsers);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_page_that_never_had_a_broker_says_so_and_finds_it_when_it_is_there() {
    let (driver, mut broker) = (Driver::start().await, Mosquitto::start().await);
    broker.kill();
    let site = Site::start(broker.websocket).await;
    let browser = driver.browser(1280, 720);
    browser.open(&format!("http://{}/", site.address));
    browser.wait("document.body.dataset.state === 'gone'").await;
    assert_eq!(text(&browser, "value"), "–");
    wait_text(&browser, "notice", "the broker does not answer").await;
    broker.start_again().await;
    browser.wait("document.querySelector('#notice').hidden").await;
    wait_text(&browser, "status", "connected, no data yet").await;
    Publisher::connect(broker.mqtt).interval(&Interval::of_september(this_interval()));
    wait_text(&browser, "value", "245").await;
    assert_eq!(browser.eval("return document.body.dataset.state"), json!("live"));
    drop(browser);
    site.stop().await;
}
