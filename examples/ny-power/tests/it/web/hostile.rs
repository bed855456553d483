//! Payloads that nobody should send.

use serde_json::json;

use super::browser_driver::Driver;
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval, wave};
use super::site::{Site, bars, text, wait_text};

const COMPUTED: &str = "ny-power/computed/co2";
const WIND: &str = "ny-power/upstream/fuel-mix/Wind";
const WINDOW: &str = "ny-power/archive/co2/20h";

/// Topic, payload, and what the page says of it.
const REFUSED: [(&str, &[u8], &str); 22] = [
    (COMPUTED, b"NaN", "it is not JSON"),
    (COMPUTED, b"209.27", "it is no JSON object"),
    (COMPUTED, b"null", "it is no JSON object"),
    (COMPUTED, b"[]", "its time is missing or too long"),
    (COMPUTED, b"\xff\xfe{}", "it is not text"),
    (COMPUTED, br#"{"ts":"04/09/2018 14:35:00","value":NaN,"units":"g / kWh"}"#, "it is not JSON"),
    (COMPUTED, br#"{"ts":"04/09/2018 14:35:00","value":"209","units":"g / kWh"}"#, "a value is no number"),
    (
        COMPUTED,
        br#"{"ts":"04/09/2018 14:35:00","value":1e308,"units":"g / kWh"}"#,
        "a value of 1e+308 cannot be",
    ),
    (
        COMPUTED,
        br#"{"ts":"04/09/2018 14:35:00","value":1e999,"units":"g / kWh"}"#,
        "a value of Infinity cannot be",
    ),
    (COMPUTED, br#"{"ts":"04/09/2018 14:35:00","value":209.2}"#, "its unit is missing or too long"),
    (COMPUTED, br#"{"ts":"yesterday","value":209.2,"units":"g / kWh"}"#, "it has no time that can be"),
    (COMPUTED, br#"{"ts":"02/30/2018 14:35:00","value":209.2,"units":"g"}"#, "it has no time that can be"),
    (COMPUTED, br#"{"ts":"03/11/2018 02:30:00","value":209.2,"units":"g"}"#, "it has no time that can be"),
    (
        COMPUTED,
        br#"{"ts":"04/09/2018 14:35:00","zone":"PST","value":2,"units":"g"}"#,
        "it has no time that can be",
    ),
    (
        COMPUTED,
        br#"{"ts":"04/09/2018 14:35:00","at":"now","value":2,"units":"g"}"#,
        "it has no time that can be",
    ),
    (WIND, br#"{"ts":"04/09/2018 14:35:00","value":-2e9,"units":"MW"}"#, "a value of -2000000000 cannot be"),
    (WINDOW, br#"{"units":"g / kWh","ts":["2018-04-09T18:35:00Z"],"values":[]}"#, "1 times for 0 values"),
    (WINDOW, br#"{"units":"g / kWh","ts":["soon"],"values":[1]}"#, "a point has no time that can be"),
    (WINDOW, br#"{"units":"g","ts":["2018-04-09T18:35:00Z"],"values":[null]}"#, "a value is no number"),
    (
        WINDOW,
        br#"{"units":"g","ts":["2018-04-09T18:35:00Z","2018-04-09T18:35:00Z"],"values":[1,2]}"#,
        "its times do not ascend",
    ),
    (
        WINDOW,
        br#"{"units":"g","ts":["1018-04-09T18:35:00Z","2018-04-09T18:35:00Z"],"values":[1,2]}"#,
        "it is longer than two months",
    ),
    (WINDOW, br#"{"units":"g","ts":{"length":4e9},"values":[1,2]}"#, "it has no points"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_message_that_cannot_be_is_named_and_changes_nothing_until_a_good_one_comes() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let interval = Interval::of_september(this_interval());
    pump.interval(&interval);
    pump.window("20h", &wave(interval.at, 20));
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelectorAll('.bar:not([data-value=\"\"])').length === 7").await;
    browser.wait("document.querySelector('path.line')").await;
    let line = "return document.querySelector('path.line').getAttribute('d')";
    let before = (text(&browser, "value"), bars(&browser), browser.eval(line));
    for (topic, payload, reason) in REFUSED {
        pump.publish(topic, payload, false);
        wait_text(&browser, "refused", &format!("A message on {topic} was left out: {reason}")).await;
    }
    browser.picture("ny-power-refused");
    assert_eq!((text(&browser, "value"), bars(&browser), browser.eval(line)), before);
    pump.window("20h", &wave(interval.at, 20));
    browser.wait("document.querySelector('#refused').hidden").await;
    assert_eq!(browser.log(), json!([]));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn markup_in_a_message_is_text_and_odd_names_break_nothing() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(390, 1300);
    site.dashboard(&browser).await;
    let script = "<img src=x onerror=\"window.broken=1\">";
    let interval = Interval::of_september(this_interval());
    let odd = [script, "__proto__", "constructor", "Pumpspeicherkraftwerksstrom aus dem Ausland"];
    for (index, fuel) in (1_u32..).zip(odd) {
        pump.fuel(&interval, fuel, f64::from(index));
    }
    pump.fuel(&interval, "less than nothing", -800.0);
    pump.interval(&interval);
    pump.window(script, &wave(interval.at, 20));
    browser
        .wait("document.querySelectorAll('.bar').length === 12 && document.querySelector('path.line')")
        .await;
    let shown = bars(&browser);
    let others: Vec<_> = shown.as_array().unwrap()[7..].iter().map(|bar| bar[0].as_str().unwrap()).collect();
    assert_eq!(others, [script, odd[3], "__proto__", "constructor", "less than nothing"]);
    assert_eq!(text(&browser, "line-name"), script);
    let message = json!({"ts": "04/09/2018 14:35:00", "value": 200, "units": script});
    pump.publish(COMPUTED, message.to_string(), true);
    wait_text(&browser, "units", script).await;
    let overhang = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.eval(overhang), json!(0));
    browser.eval("document.querySelector('#numbers').open = true");
    browser.wait("document.querySelector('#tables table')").await;
    browser.picture("ny-power-markup");
    assert_eq!(browser.eval("return [window.broken ?? null, document.images.length]"), json!([null, 0]));
    assert_eq!(browser.log(), json!([]));

    // More fuels and more windows than there can be.
    for number in 0..60 {
        pump.fuel(&interval, &format!("fuel {number}"), 1.0);
        pump.window(&format!("w{number}"), &wave(interval.at, 1));
    }
    wait_text(&browser, "refused", "there are too many windows").await;
    assert!(browser.eval("return document.querySelectorAll('.bar').length").as_u64().unwrap() <= 24 + 7);
    assert_eq!(browser.eval("return document.querySelectorAll('#windows input').length"), json!(8));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn of_several_windows_the_one_that_goes_on_longest_is_shown_or_the_one_that_is_chosen() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let now = this_interval();
    pump.window("24h", &wave(now - jiff::SignedDuration::from_hours(30), 24));
    pump.window("20h", &wave(now, 20));
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelectorAll('#windows input').length === 2").await;
    wait_text(&browser, "line-name", "20h").await;
    browser.eval("document.querySelector('#windows input[value=\"24h\"]').click()");
    wait_text(&browser, "line-name", "24h").await;
    browser.picture("ny-power-windows");
    pump.window("20h", &wave(now, 20));
    pump.publish("ny-power/archive/co2/24h", "{", false);
    wait_text(&browser, "refused", "24h").await;
    assert_eq!(text(&browser, "line-name"), "24h", "the choice stays");
    drop(browser);
    site.stop().await;
}
