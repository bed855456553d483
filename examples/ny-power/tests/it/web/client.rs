//! The pages' own MQTT client against a broker that follows a script.

use serde_json::json;

use super::browser_driver::{Browser, Driver};
use super::publisher::publish;
use super::script::{Script, suback};
use super::site::{Site, text, wait_text};

pub(crate) const TOPIC: &str = "ny-power/x";

/// The console at work: it shows all that its client takes.
pub(crate) async fn console<'d>(driver: &'d Driver, script: &Script) -> (Site, Browser<'d>) {
    let site = Site::start(script.address()).await;
    let browser = driver.browser(900, 500);
    browser.open(&format!("http://{}/mqtt", site.address));
    (site, browser)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_greets_as_a_clean_session_of_a_random_name_and_asks_for_its_topics() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    let mut peer = script.accept().await;
    let connect = peer.receive().await;
    assert!(connect.starts_with(b"\x10\x21\x00\x04MQTT\x04\x02\x00\x3c\x00\x15page-"), "{connect:?}");
    peer.send(b"\x20\x02\x00\x00").await;
    assert_eq!(peer.receive().await, b"\x82\x0f\x00\x01\x00\x0any-power/#\x02");
    peer.send(&suback(1)).await;
    browser.wait("document.body.dataset.state === 'live'").await;
    drop(browser);
    drop(peer);

    let again = driver.browser(900, 500);
    again.open(&format!("http://{}/mqtt", site.address));
    let other = script.accept().await.receive().await;
    assert_ne!(connect, other, "two pages have one name");
    drop(again);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn packets_are_put_together_from_single_bytes_and_taken_apart_from_one_frame() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    let mut peer = script.accept().await;
    peer.receive().await;
    // The greeting too comes in pieces, and with what follows it.
    for byte in b"\x20\x02\x00\x00" {
        peer.send(&[*byte]).await;
    }
    peer.subscription().await;
    let long = "long ".repeat(3000);
    let packets = [
        suback(1),
        publish(TOPIC, b"first", 0, false),
        publish(TOPIC, long.as_bytes(), 0, false),
        publish(TOPIC, b"", 0, false),
        publish(TOPIC, "g\u{f6}teborg".as_bytes(), 0, false),
    ]
    .concat();
    for byte in &packets[..40] {
        peer.send(&[*byte]).await;
    }
    peer.send(&[]).await;
    for piece in packets[40..].chunks(4999) {
        peer.send(piece).await;
    }
    wait_text(&browser, "count", "4 messages").await;
    let lines =
        browser.eval("return [...document.querySelectorAll('.payload')].map((line) => line.textContent)");
    assert_eq!(lines, json!(["first", &long[..320], "", "g\u{f6}teborg"]));
    assert_eq!(text(&browser, "lines").matches("… 15,000 bytes").count(), 1);

    let many: Vec<u8> = (0..500).flat_map(|n| publish(TOPIC, format!("{n}").as_bytes(), 0, false)).collect();
    peer.send(&many).await;
    wait_text(&browser, "count", "504 messages").await;
    browser.wait("document.querySelector('#lines').lastElementChild.textContent.endsWith(' 499')").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_quality_is_answered_and_what_comes_again_before_its_release_is_one_message() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    let mut peer = script.welcome().await;
    peer.send(&publish(TOPIC, b"zero", 0, true)).await;
    peer.send(&publish(TOPIC, b"one", 1, false)).await;
    assert_eq!(peer.receive().await, b"\x40\x02\x00\x01");
    for dup in [0, 8] {
        let mut packet = publish(TOPIC, b"two", 2, false);
        packet[0] |= dup;
        peer.send(&packet).await;
        assert_eq!(peer.receive().await, b"\x50\x02\x00\x01");
    }
    peer.send(b"\x62\x02\x00\x01").await;
    assert_eq!(peer.receive().await, b"\x70\x02\x00\x01");
    peer.send(&publish(TOPIC, b"two again", 2, false)).await;
    assert_eq!(peer.receive().await, b"\x50\x02\x00\x01");
    // An answer to nothing is answered: the broker may ask again for what it did not hear.
    peer.send(b"\x62\x02\x00\x09").await;
    assert_eq!(peer.receive().await, b"\x70\x02\x00\x09");
    wait_text(&browser, "lines", "two again").await;
    let lines =
        browser.eval("return [...document.querySelectorAll('#lines li')].map((line) => line.textContent)");
    let expected = ["kept ny-power/x zero", "ny-power/x one", "ny-power/x two", "ny-power/x two again"];
    assert_eq!(lines, json!(expected));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_broker_that_falls_silent_is_left_by_the_ping_it_does_not_answer() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let site = Site::start(script.address()).await;
    let browser = driver.browser(900, 500);
    // Any page of the site has the client's module; here its pings come soon.
    browser.open(&format!("http://{}/nowhere", site.address));
    browser.eval(&format!(
        "window.states = []; window.topics = []; import('/mqtt.js').then(({{ MqttClient }}) => {{ \
         window.client = new MqttClient('ws://{}', ['a/b', 'c'], {{ change: ({{ state, reason }}) => states.push(reason ?? state), \
         message: ({{ topic }}) => topics.push(topic) }}, {{ keepAlive: 1, answerWithin: 5000 }}); client.start(); }})",
        script.address()
    ));
    let mut peer = script.accept().await;
    peer.receive().await;
    peer.send(b"\x20\x02\x00\x00").await;
    assert_eq!(peer.subscription().await, 2);
    peer.send(&suback(2)).await;
    // Two pings are answered, the third is not.
    for _ in 0..2 {
        assert_eq!(peer.receive().await, b"\xc0\x00");
        peer.send(b"\xd0\x00").await;
    }
    assert_eq!(peer.receive().await, b"\xc0\x00");
    peer.ended().await;
    browser.wait("states.at(-1) !== 'live'").await;
    let states = browser.eval("return states.slice(0, 3)");
    assert_eq!(states, json!(["connecting", "live", "the broker does not answer"]));
    // It comes back by itself; who stops it says farewell, and then there is no more try.
    let mut peer = script.accept().await;
    peer.receive().await;
    peer.send(b"\x20\x02\x00\x00").await;
    peer.subscription().await;
    peer.send(&suback(2)).await;
    browser.wait("states.at(-1) === 'live'").await;
    browser.eval("client.stop()");
    while peer.receive().await != b"\xe0\x00" {}
    peer.ended().await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_device_that_was_away_asks_at_once_whether_the_line_still_holds() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    let mut peer = script.welcome().await;
    browser.wait("document.body.dataset.state === 'live'").await;
    browser.eval("dispatchEvent(new Event('online'))");
    assert_eq!(peer.receive().await, b"\xc0\x00");
    peer.send(b"\xd0\x00").await;
    peer.send(&publish(TOPIC, b"still here", 0, false)).await;
    wait_text(&browser, "lines", "still here").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn each_try_waits_longer_than_the_last_by_chance_and_up_to_a_limit() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    browser.eval("import('/mqtt.js').then((module) => (window.mqtt = module))");
    browser.wait("window.mqtt").await;
    let waits = browser.eval(
        "return [0, 1, 2, 3, 4, 5, 30, 2000].map((failures) => { \
         const waits = Array.from({length: 500}, () => mqtt.retryAfter(failures)); \
         return [Math.min(...waits), Math.max(...waits)] })",
    );
    for (index, most) in
        [500.0, 1000.0, 2000.0, 4000.0, 8000.0, 10_000.0, 10_000.0, 10_000.0].into_iter().enumerate()
    {
        let [shortest, longest] = [0, 1].map(|end| waits[index][end].as_f64().unwrap());
        assert!(shortest >= most / 2.0 && longest <= most && longest - shortest > most / 8.0, "{waits}");
    }
    drop(browser);
    site.stop().await;
}
