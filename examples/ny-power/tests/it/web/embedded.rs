//! The pages with the broker inside the program.

use std::net::SocketAddr;

use serde_json::json;

use super::browser_driver::{Browser, Driver};
use super::mosquitto::Mosquitto;
use super::publisher::{Interval, Publisher, this_interval, wave};
use super::site::{Site, bars, wait_text};
use crate::broker::running::{PASSWORD, Running};

fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn both_pages_follow_the_broker_inside_the_program() {
    let (driver, (broker, folder)) = (Driver::start().await, Running::start().await);
    let site = Site::start(local(broker.websocket_port)).await;
    let mut pump = Publisher::login(local(broker.port), PASSWORD);
    let interval = Interval::of_september(this_interval());
    pump.interval(&interval);
    let [dashboard, console] = [driver.browser(1280, 860), driver.browser(900, 500)];
    site.dashboard(&dashboard).await;
    site.console(&console).await;
    // Half of it is kept, the other comes now.
    pump.window("20h", &wave(interval.at, 20));
    wait_text(&dashboard, "value", "245").await;
    dashboard.wait("document.querySelector('path.line')").await;
    dashboard.wait("document.querySelectorAll('.bar:not([data-value=\"\"])').length === 7").await;
    assert_eq!(bars(&dashboard)[3], json!(["Dual Fuel", 3545]));
    wait_text(&console, "count", "10 messages").await;
    let next = Interval { megawatts: [50.0; 7], ..interval };
    pump.interval(&next);
    wait_text(&dashboard, "value", &next.intensity().round().to_string()).await;
    wait_text(&console, "count", "19 messages").await;

    // The operator's word, and the broker's end.
    dashboard.eval("window.before = true");
    pump.publish("ny-power/application/webui", "reload", false);
    dashboard.wait("window.before === undefined && document.body.dataset.state === 'live'").await;
    console.wait("document.body.dataset.state === 'live'").await;
    assert_eq!(dashboard.log(), json!([]));
    broker.stop().await;
    for page in [&dashboard, &console] {
        page.wait("document.body.dataset.state === 'gone'").await;
    }
    drop((dashboard, console, folder));
    site.stop().await;
}

/// So many readers, each with a connection of its own, in one window.
const READERS: usize = 50;

async fn crowd(browser: &Browser<'_>, site: &Site, websocket: SocketAddr, pump: &mut Publisher) {
    site.dashboard(browser).await;
    browser.eval(&format!(
        "window.live = new Set(); window.got = Array.from({{length: {READERS}}}, () => []); \
         import('/mqtt.js').then(({{ MqttClient }}) => got.forEach((messages, index) => \
         new MqttClient('ws://{websocket}', ['ny-power/#'], {{ \
         change: ({{ state }}) => state === 'live' ? live.add(index) : live.delete(index), \
         message: ({{ topic }}) => messages.push(topic.split('/').at(-1)) }}, {{ qos: index % 3 }}).start()))"
    ));
    browser.wait(&format!("live.size === {READERS}")).await;
    for intervals in 1..=3 {
        pump.interval(&Interval::of_september(this_interval()));
        browser.wait(&format!("got.every((messages) => messages.length === 9 * {intervals})")).await;
    }
    let order = json!([
        "Dual Fuel",
        "Natural Gas",
        "Nuclear",
        "Other Fossil Fuels",
        "Other Renewables",
        "Wind",
        "Hydro",
        "co2",
        "updated"
    ]);
    let each = browser.eval(
        "return got.flatMap((messages) => [messages.slice(0, 9), messages.slice(9, 18), messages.slice(18)])",
    );
    assert_eq!(each.as_array().unwrap().len(), 3 * READERS);
    assert!(each.as_array().unwrap().iter().all(|messages| *messages == order), "{each}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn fifty_readers_of_any_quality_all_see_every_interval_in_its_order() {
    let driver = Driver::start().await;
    let browser = driver.browser(900, 500);
    let (broker, folder) = Running::start().await;
    let site = Site::start(local(broker.websocket_port)).await;
    let mut pump = Publisher::login(local(broker.port), PASSWORD);
    crowd(&browser, &site, local(broker.websocket_port), &mut pump).await;
    site.stop().await;
    drop((broker, folder));

    let broker = Mosquitto::start().await;
    let site = Site::start(broker.websocket).await;
    crowd(&browser, &site, broker.websocket, &mut Publisher::connect(broker.mqtt)).await;
    drop(browser);
    site.stop().await;
}
