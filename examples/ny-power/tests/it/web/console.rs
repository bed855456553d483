//! What the console shows.

use serde_json::json;

use super::browser_driver::{Browser, Driver};
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval, wave};
use super::site::{Site, text, wait_text};

const LAST: &str = "document.querySelector('#lines').lastElementChild?.textContent";
const AT_END: &str = "(pane.scrollHeight - pane.scrollTop - pane.clientHeight < 2)";

/// Topic and payload of the lines.
fn lines(browser: &Browser<'_>) -> serde_json::Value {
    browser.eval(
        "return [...document.querySelectorAll('#lines li')].map((line) => \
         `${line.querySelector('.topic').textContent} ${line.querySelector('.payload').textContent}`)",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_message_is_a_line_of_topic_and_payload_once_and_the_newest_is_in_sight() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    pump.publish("ny-power/kept", "before", true);
    let browser = driver.browser(900, 500);
    site.console(&browser).await;
    wait_text(&browser, "lines", "before").await;
    assert_eq!(text(&browser, "lines"), "kept ny-power/kept before");
    for number in 0..60 {
        pump.publish_once("ny-power/some/topic", format!("number {number}"));
    }
    pump.publish("elsewhere/some/topic", "not for this page", false);
    pump.publish("ny-power/some/topic", "", false);
    pump.publish("ny-power/some/topic", "the end", false);
    browser.wait(&format!("{LAST} === 'ny-power/some/topic the end'")).await;
    let mut expected = vec!["ny-power/kept before".to_owned()];
    expected.extend((0..60).map(|number| format!("ny-power/some/topic number {number}")));
    expected.extend(["ny-power/some/topic ".to_owned(), "ny-power/some/topic the end".to_owned()]);
    assert_eq!(lines(&browser), json!(expected));
    assert_eq!(browser.eval(&format!("return {AT_END}")), json!(true));
    assert_eq!(text(&browser, "count"), "63 messages");
    assert_eq!(browser.log(), json!([]));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_reader_who_scrolled_up_stays_there_until_the_newest_are_asked_for() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(900, 500);
    site.console(&browser).await;
    for number in 0..60 {
        pump.publish("ny-power/x", format!("number {number}"), false);
    }
    browser.wait(&format!("{LAST}?.endsWith('number 59') && {AT_END}")).await;
    browser.eval("pane.scrollTop = 100");
    browser.wait("!document.querySelector('#newest').hidden").await;
    pump.publish("ny-power/x", "one more", false);
    browser.wait(&format!("{LAST}.endsWith('one more')")).await;
    assert_eq!(browser.eval("return pane.scrollTop"), json!(100));
    browser.eval("document.querySelector('#newest').click()");
    browser.wait(&format!("{AT_END} && document.querySelector('#newest').hidden")).await;
    pump.publish("ny-power/x", "and another", false);
    browser.wait(&format!("{LAST}.endsWith('and another') && {AT_END}")).await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_keeps_the_last_thousand_lines_and_what_came_in_a_pause_is_there_after_it() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(900, 500);
    site.console(&browser).await;
    for number in 0..2500 {
        pump.publish("ny-power/x", format!("number {number}"), false);
    }
    browser.wait(&format!("{LAST}?.endsWith('number 2499')")).await;
    let shown = lines(&browser);
    assert_eq!(shown.as_array().unwrap().len(), 1000);
    assert_eq!(shown[0], json!("ny-power/x number 1500"));

    browser.eval("document.querySelector('#pause').click()");
    pump.publish("ny-power/x", "in the pause", false);
    wait_text(&browser, "pause", "Go on (1 waiting)").await;
    assert_eq!(browser.eval(&format!("return {LAST}")), json!("ny-power/x number 2499"));
    browser.eval("document.querySelector('#pause').click()");
    browser.wait(&format!("{LAST} === 'ny-power/x in the pause'")).await;
    assert_eq!(text(&browser, "pause"), "Pause");
    browser.eval("document.querySelector('#clear').click()");
    browser.wait("document.querySelectorAll('#lines li').length === 0").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_filter_hides_other_lines_those_that_come_too_and_gives_them_back() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(900, 500);
    site.console(&browser).await;
    pump.publish("ny-power/upstream/fuel-mix/Wind", "1", false);
    pump.publish("ny-power/computed/co2", "2", false);
    browser.wait("document.querySelectorAll('#lines li').length === 2").await;
    browser.eval(
        "const filter = document.querySelector('#filter'); filter.value = 'wind'; filter.dispatchEvent(new Event('input'))",
    );
    assert_eq!(lines(&browser), json!(["ny-power/upstream/fuel-mix/Wind 1"]));
    pump.publish("ny-power/computed/co2", "3", false);
    pump.publish("ny-power/x", "about Wind", false);
    browser.wait(&format!("{LAST} === 'ny-power/x about Wind'")).await;
    assert_eq!(lines(&browser), json!(["ny-power/upstream/fuel-mix/Wind 1", "ny-power/x about Wind"]));
    browser.eval(
        "const filter = document.querySelector('#filter'); filter.value = ''; filter.dispatchEvent(new Event('input'))",
    );
    assert_eq!(lines(&browser).as_array().unwrap().len(), 4);
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn rejected_input_stands_out_and_long_or_odd_payloads_are_tamed() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(1280, 720);
    site.console(&browser).await;
    let interval = Interval::of_september(this_interval());
    pump.interval(&interval);
    pump.window("20h", &wave(interval.at, 20));
    let rejected =
        json!({"file": "20260914rtfuelmix.csv", "row": 17, "reason": "no such zone: \"PST\"", "count": 1});
    pump.publish("ny-power/status/fuel-mix/rejected", rejected.to_string(), false);
    pump.publish("ny-power/odd", b"<b onclick=alert(1)>\xff\x00</b>", false);
    browser.wait(&format!("{LAST}?.includes('/odd')")).await;
    let marks = browser
        .eval("return [...document.querySelectorAll('#lines .rejected')].map((line) => line.textContent)");
    assert_eq!(marks, json!([format!("rejected ny-power/status/fuel-mix/rejected {rejected}")]));
    assert_eq!(text(&browser, "count"), "12 messages, 1 of them rejected input");
    assert_eq!(browser.eval("return document.querySelectorAll('#lines b').length"), json!(0));
    let length = "document.querySelector('.more').parentElement.querySelector('.payload').textContent.length";
    assert_eq!(browser.eval(&format!("return {length}")), json!(320));
    for scheme in ["light", "dark"] {
        browser.prefer(scheme, "reduce");
        browser.picture(&format!("ny-power-console-{scheme}"));
    }
    browser.eval("window.whole = document.querySelector('.more').parentElement.querySelector('.payload')");
    browser.eval("document.querySelector('.more').click()");
    let whole = browser.eval("return JSON.parse(whole.textContent).values.length");
    assert_eq!(whole, json!(240));
    drop(browser);

    let browser = driver.browser(390, 700);
    site.console(&browser).await;
    browser.wait("document.querySelectorAll('#lines li').length === 10").await;
    let overhang = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.eval(overhang), json!(0));
    browser.picture("ny-power-console-phone");
    drop(browser);
    site.stop().await;
}
