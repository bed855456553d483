//! Brokers that send what no broker sends.

use serde_json::json;

use super::browser_driver::Driver;
use super::client::{TOPIC, console};
use super::publisher::publish;
use super::script::Script;
use super::site::{text, wait_text};

/// What is sent to a page that is subscribed, and what it then says of the broker.
const MALFORMED: [(&[u8], &str); 14] = [
    (b"\x00\x00", "a packet of type 0 where none belongs"),
    (b"\xf0\x00", "a packet of type 15 where none belongs"),
    (b"\x10\x00", "a packet of type 1 where none belongs"),
    (b"\x20\x02\x00\x00", "a packet of type 2 where none belongs"),
    (b"\x90\x03\x00\x01\x01", "a packet of type 9 where none belongs"),
    (b"\xd0\x01\x00", "a packet of type 13 where none belongs"),
    (b"\x30\xff\xff\xff\xff\x01", "a packet whose length does not end"),
    (b"\x30\xff\xff\xff\x7f", "a packet of 268435455 bytes, where 1048576 are allowed"),
    (b"\x30\x01\x00", "a PUBLISH without a topic"),
    (b"\x30\x04\x00\x09ab", "a PUBLISH whose topic does not fit"),
    (b"\x36\x05\x00\x01a\x00\x01", "a PUBLISH of a quality that there is not"),
    (b"\x32\x05\x00\x01a\x00\x00", "a PUBLISH without a packet id"),
    (b"\x30\x04\x00\x02\xff\xfe", "a PUBLISH whose topic is not text"),
    (b"\x30\x04\x00\x02a#", "a PUBLISH with a topic that no message can have"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_malformed_packet_ends_the_connection_with_its_reason_and_the_page_tries_again() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    for (bytes, reason) in MALFORMED {
        let mut peer = script.welcome().await;
        browser.wait("document.body.dataset.state === 'live'").await;
        peer.send(bytes).await;
        peer.ended().await;
        wait_text(&browser, "notice", &format!("the broker sent {reason}. Trying again")).await;
        assert_eq!(browser.eval("return document.body.dataset.state"), json!("gone"));
        // It waits longer after each failure, unless the network or the reader comes back.
        browser.eval("dispatchEvent(new Event('online'))");
    }
    let mut peer = script.welcome().await;
    peer.send(&publish(TOPIC, b"all is well", 0, false)).await;
    wait_text(&browser, "lines", "all is well").await;
    assert_eq!(text(&browser, "count"), "1 message");
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_broker_that_is_none_or_wants_nobody_is_named_as_such() {
    let (driver, script) = (Driver::start().await, Script::start().await);
    let (site, browser) = console(&driver, &script).await;
    let again = || browser.eval("dispatchEvent(new Event('online'))");
    for (answer, reason) in [
        (&b"\x20\x02\x00\x05"[..], "the broker sent no session: it allows no anonymous readers"),
        (b"\x20\x02\x00\x03", "the broker sent no session: it is not available"),
        (b"\x20\x02\x00\x63", "the broker sent no session: code 99"),
        (b"\x20\x03\x00\x00\x00", "the broker sent a CONNACK that is not one"),
        (b"\xd0\x00", "the broker sent something else before its welcome"),
    ] {
        let mut peer = script.accept().await;
        peer.receive().await;
        peer.send(answer).await;
        peer.ended().await;
        wait_text(&browser, "notice", reason).await;
        again();
    }
    let mut peer = script.accept().await;
    peer.receive().await;
    peer.send(b"\x20\x02\x00\x00").await;
    peer.subscription().await;
    peer.send(b"\x90\x03\x00\x01\x80").await;
    peer.ended().await;
    wait_text(&browser, "notice", "no subscription: it is not allowed").await;
    again();

    let mut peer = script.welcome().await;
    peer.send_text("hello").await;
    peer.ended().await;
    wait_text(&browser, "notice", "text where packets should be").await;
    again();
    // A browser itself refuses a line without the subprotocol that was asked for.
    script.accept_as(None).await.ended().await;
    wait_text(&browser, "notice", "the broker does not answer").await;
    drop(browser);
    site.stop().await;
}
