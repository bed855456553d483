//! What the dashboard shows of what is published.

use serde_json::json;

use super::browser_driver::Driver;
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval, wave};
use super::site::{Site, bars, text, wait_text};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_headline_is_245_and_the_bars_are_those_of_the_interval_in_the_stated_order_and_colours() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    pump.interval(&Interval::of_september("2026-09-14T15:25:00Z".parse().unwrap()));
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    wait_text(&browser, "value", "245").await;
    assert_eq!(text(&browser, "units"), "g / kWh");
    assert_eq!(text(&browser, "updated"), "09/14/2026 11:25:00 EDT");
    browser.wait("document.querySelectorAll('.bar:not([data-value=\"\"])').length === 7").await;
    let expected = json!([
        ["Nuclear", 2427],
        ["Hydro", 2648],
        ["Natural Gas", 3084],
        ["Dual Fuel", 3545],
        ["Wind", 537],
        ["Other Renewables", 824],
        ["Other Fossil Fuels", 0]
    ]);
    assert_eq!(bars(&browser), expected);
    let left_to_right = browser.eval(
        "return [...document.querySelectorAll('.bar rect')].map((bar) => bar.getBoundingClientRect().left)",
    );
    let left_to_right: Vec<_> =
        left_to_right.as_array().unwrap().iter().map(|left| left.as_f64().unwrap()).collect();
    assert!(left_to_right.is_sorted(), "{left_to_right:?}");
    let colours = browser
        .eval("return [...document.querySelectorAll('.bar rect')].map((bar) => getComputedStyle(bar).fill)");
    let stated = json!([
        "rgb(255, 192, 0)",
        "rgb(79, 129, 189)",
        "rgb(255, 0, 0)",
        "rgb(192, 0, 0)",
        "rgb(146, 208, 80)",
        "rgb(0, 176, 80)",
        "rgb(51, 51, 51)"
    ]);
    assert_eq!(colours, stated);
    assert_eq!(text(&browser, "bars-title"), "Current Fuel Mix on NY ISO Grid");
    assert_eq!(text(&browser, "bars-note"), "09/14/2026 11:25:00 EDT, 13,065 MW in all");
    let titles = browser.eval("return [...document.querySelectorAll('svg .axis')].map((t) => t.textContent)");
    assert_eq!(titles, json!(["Mega Watts"]), "the line's is there when there is a line");
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_published_shows_at_once_and_nothing_is_asked_for_after_the_load() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    let asked = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    let origin = format!("http://{}/", site.address);
    let at_load = browser.eval(asked);
    let named: Vec<_> = at_load.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(named.len() > 10 && named.iter().all(|name| name.starts_with(&origin)), "{named:?}");

    let end = this_interval();
    for (step, gas) in [1000.0, 2000.0, 4000.0].into_iter().enumerate() {
        let mut interval = Interval::of_september(end);
        interval.megawatts[1] = gas;
        interval.at = end - jiff::SignedDuration::from_mins(5 * i64::try_from(2 - step).unwrap());
        pump.interval(&interval);
        pump.window("20h", &wave(interval.at, 20));
        wait_text(&browser, "value", &interval.intensity().round().to_string()).await;
        browser
            .wait(&format!("document.querySelector('[data-fuel=\"Natural Gas\"]').dataset.value === '{gas}'"))
            .await;
    }
    browser.wait("document.body.dataset.state === 'live' && document.querySelector('path.line')").await;
    assert_eq!(text(&browser, "line-name"), "20h");
    assert!(text(&browser, "line-note").starts_with("last 20 hours, New York time"));
    assert_eq!(text(&browser, "line").matches("g CO2 / kWh").count(), 1);
    let title = browser.eval("return document.title");
    assert!(title.as_str().unwrap().ends_with(" g / kWh · New York's grid"), "{title}");
    assert_eq!(browser.eval(asked), at_load);
    assert_eq!(browser.eval("return performance.getEntriesByName('first-number').length"), json!(1));
    assert_eq!(browser.log(), json!([]));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_bars_are_of_one_interval_and_change_when_it_is_whole() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let first = Interval::of_september("2026-09-14T15:20:00Z".parse().unwrap());
    pump.interval(&first);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.wait("document.querySelectorAll('.bar:not([data-value=\"\"])').length === 7").await;
    let before = bars(&browser);

    // Every state that is drawn is kept.
    browser.eval(
        "window.states = new Set(); const read = () => states.add([...document.querySelectorAll('.bar')] \
         .map((bar) => bar.dataset.value).join(' ')); read(); new MutationObserver(read) \
         .observe(document.querySelector('#bars'), {subtree: true, childList: true, attributes: true, attributeFilter: ['data-value']}); \
         const step = () => { read(); requestAnimationFrame(step); }; step()",
    );
    let second = Interval { at: "2026-09-14T15:25:00Z".parse().unwrap(), megawatts: [7.0; 7] };
    for fuel in ["Dual Fuel", "Natural Gas", "Nuclear", "Other Fossil Fuels"] {
        pump.fuel(&second, fuel, 7.0);
    }
    // What follows on another topic is drawn after them.
    pump.window("20h", &wave(first.at, 20));
    browser.wait("document.querySelector('path.line')").await;
    assert_eq!(bars(&browser), before, "half an interval is not shown");
    pump.interval(&second);
    browser.wait("[...document.querySelectorAll('.bar')].every((bar) => bar.dataset.value === '7')").await;
    let drawn = browser.eval("return [...states]");
    assert_eq!(drawn, json!(["2427 2648 3084 3545 537 824 0", "7 7 7 7 7 7 7"]));
    drop(browser);

    // Who comes while a pump stands still half way sees the interval of the headline, and what is missing.
    let third = Interval { at: "2026-09-14T15:30:00Z".parse().unwrap(), megawatts: [9.0; 7] };
    for fuel in ["Dual Fuel", "Natural Gas"] {
        pump.fuel(&third, fuel, 9.0);
    }
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    wait_text(&browser, "bars-note", "5 of 7 fuels").await;
    let half = bars(&browser);
    assert_eq!(half[2], json!(["Natural Gas", null]));
    assert_eq!(half[0], json!(["Nuclear", 7]));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_eighth_fuel_has_a_bar_of_its_own_at_the_end_as_long_as_there_is_one() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    let interval = Interval::of_september(this_interval());
    pump.fuel(&interval, "Fusion", 1234.0);
    pump.interval(&interval);
    browser.wait("document.querySelectorAll('.bar').length === 8").await;
    assert_eq!(bars(&browser)[7], json!(["Fusion", 1234]));
    let colours = browser.eval(
        "return new Set([...document.querySelectorAll('.bar rect')].map((bar) => getComputedStyle(bar).fill)).size",
    );
    assert_eq!(colours, json!(8));
    browser.picture("ny-power-eighth-fuel");
    let next = Interval { at: interval.at + jiff::SignedDuration::from_mins(5), ..interval };
    pump.interval(&next);
    browser.wait("document.querySelectorAll('.bar').length === 7").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn reload_loads_the_page_again_but_not_because_the_broker_kept_it() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut operator = Publisher::connect(broker.mqtt);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    browser.eval("window.before = true");
    operator.publish("ny-power/application/webui", "reload", false);
    browser.wait("window.before === undefined").await;

    // Kept by the broker it reloads those who are there, once.
    site.dashboard(&browser).await;
    browser.eval("window.before = true");
    operator.publish("ny-power/application/webui", "reload", true);
    browser.wait("window.before === undefined").await;
    browser.eval("window.after = true");
    operator.publish("ny-power/application/webui", "something else", false);
    operator.interval(&Interval::of_september(this_interval()));
    wait_text(&browser, "value", "245").await;
    assert_eq!(browser.eval("return window.after"), json!(true));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_goes_to_the_console_and_back_finds_the_dashboard_at_work() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let mut pump = Publisher::connect(broker.mqtt);
    let interval = Interval::of_september(this_interval());
    pump.interval(&interval);
    let browser = driver.browser(1280, 860);
    site.dashboard(&browser).await;
    wait_text(&browser, "value", "245").await;
    browser.eval("document.querySelector('nav a[href=\"/mqtt\"]').click()");
    browser.wait("location.pathname === '/mqtt' && document.body.dataset.state === 'live'").await;
    browser.eval("history.back()");
    browser.wait("location.pathname === '/' && document.body.dataset.state === 'live'").await;
    let next = Interval { megawatts: [5.0; 7], ..interval };
    pump.interval(&next);
    wait_text(&browser, "value", &next.intensity().round().to_string()).await;
    browser.wait("[...document.querySelectorAll('.bar')].every((bar) => bar.dataset.value === '5')").await;
    drop(browser);
    site.stop().await;
}
