//! The page in real browsers while orders come, servers go and buckets pass.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::{free_port, until};
use serde_json::{Value, json};

use super::acceptance_browser::{count_requests, shown_unasked};
use super::browser_driver::{Browser, Driver};
use super::web_board::{MemoryBoard, Server};

const BUCKET: Duration = Duration::from_secs(30);
/// The number that a figure shows.
const TOTAL: &str = "Number(document.querySelector('#total').textContent.replaceAll(',', ''))";
const BARS: &str = "document.querySelectorAll('.bar:not(.leaving)')";

fn board(bucket: Duration) -> Arc<MemoryBoard> {
    MemoryBoard::new(bucket, Clock::system())
}

async fn open(browser: &Browser<'_>, server: &Server, hash: &str) {
    browser.open(&format!("http://{}/{hash}", server.address));
    browser.wait("document.querySelectorAll('.bar').length === 20").await;
    count_requests(browser);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_browsers_are_both_told_of_an_order() {
    let (driver, board) = (Driver::start().await, board(Duration::from_mins(30)));
    let server = Server::start(board.clone()).await;
    let browsers = [driver.browser(1200, 900), driver.browser(1200, 900)];
    for browser in &browsers {
        open(browser, &server, "").await;
    }
    shown_unasked(&browsers, || board.order("jeongja", "3040", "Cash", &["Espresso"])).await;
    drop(browsers);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_orders_pushes_at_most_four_packets_a_second_to_each_browser() {
    let (driver, board) = (Driver::start().await, board(Duration::from_mins(30)));
    let server = Server::start(board.clone()).await;
    let browsers = [driver.browser(800, 600), driver.browser(800, 600)];
    let watch = Clock::system().stopwatch();
    for browser in &browsers {
        open(browser, &server, "").await;
        browser.eval(
            "window.came = []; const line = new EventSource('/api/live?branch=all&type=Orders'); \
             line.onmessage = (event) => came.push(event.data)",
        );
        browser.wait("came.length === 1").await;
    }
    for _ in 0..300 {
        board.order("jeongja", "3040", "Cash", &["Espresso"]);
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    for browser in &browsers {
        browser.wait(&format!("{TOTAL} === 300")).await;
        browser.wait("came.at(-1).includes('\"count\":300}')").await;
        let came = browser.eval("return came.length").as_u64().unwrap();
        // The server keeps 250 ms between two. How many there are of 300 orders, virtual time says.
        let most = 1 + watch.elapsed().as_millis() / 250;
        assert!(u128::from(came) <= most.min(299), "{came} packets, but {most} at the most");
    }
    drop(browsers);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_page_comes_back_by_itself_after_a_restart_of_the_server() {
    let (driver, board) = (Driver::start().await, board(BUCKET));
    // One that nobody else gets while the server is away.
    let address = ([127, 0, 0, 1], free_port()).into();
    let server = Server::start_at(board.clone(), address).await;
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "#branch=sunae&type=Orders").await;
    board.order("sunae", "8090", "Debit", &["Espresso", "Americano"]);
    browser.wait(&format!("{TOTAL} === 2")).await;
    server.stop().await;

    browser.wait("document.body.dataset.state === 'gone'").await;
    let notice = browser.eval("return document.querySelector('#notice').innerText");
    let notice = notice.as_str().unwrap();
    assert!(notice.starts_with("The server is gone. Trying again"), "{notice}");
    assert_eq!(browser.eval(&format!("return {TOTAL}")), json!(2), "what was known is still there");
    browser.settle().await;
    browser.picture("disconnected");

    browser.eval("document.querySelector('input[value=PaymentMethods]').click()");
    browser.wait("document.querySelector('#empty').innerText.startsWith('Not known yet')").await;
    assert_eq!(
        browser.eval("return document.querySelectorAll('.bar').length"),
        json!(0),
        "another choice's bars"
    );
    browser.picture("disconnected-unknown");
    browser.eval("document.querySelector('input[value=Orders]').click()");

    board.order("sunae", "8090", "Debit", &["Espresso"]);
    let server = Server::start_at(board.clone(), address).await;
    browser.wait(&format!("{TOTAL} === 3 && document.querySelector('#notice').hidden")).await;
    board.order("sunae", "8090", "Debit", &["Espresso"]);
    browser.wait(&format!("{TOTAL} === 4")).await;
    assert_eq!(browser.eval("return location.hash"), json!("#branch=sunae&type=Orders"));
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_store_that_cannot_be_read_is_named_on_the_page_until_it_can() {
    let (driver, board) = (Driver::start().await, board(Duration::from_secs(1)));
    let server = Server::start(board.clone()).await;
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "").await;
    board.breaks(true);
    browser.wait("document.querySelector('#notice').innerText.includes('the disk is on fire')").await;
    board.breaks(false);
    browser.wait("document.querySelector('#notice').hidden").await;
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn after_many_buckets_there_are_still_twenty_bars_and_silence_moves_them_on() {
    let (driver, board) = (Driver::start().await, board(Duration::from_secs(1)));
    let server = Server::start(board.clone()).await;
    let (loud, silent) = (driver.browser(1200, 900), driver.browser(1200, 900));
    open(&loud, &server, "").await;
    open(&silent, &server, "#branch=migeum&type=PaymentMethods").await;
    board.order("migeum", "8090", "Debit", &["Espresso"]);
    silent.wait(&format!("{TOTAL} === 1")).await;
    let first = loud.eval(&format!("return [...{BARS}].map((bar) => bar.dataset.date).sort().at(0)"));
    for _ in 0..260 {
        board.order("sunae", "8090", "Cash", &["Espresso"]);
        Clock::system().sleep(Duration::from_millis(100)).await;
        if let Some(bars) = loud.eval(&format!("return {BARS}.length")).as_u64() {
            assert!(bars == 20, "{bars} bars");
        }
    }
    let dates = loud.eval(&format!("return [...{BARS}].map((bar) => bar.dataset.date).sort()"));
    let dates = dates.as_array().unwrap();
    assert!(dates.len() == 20 && dates[0].as_str() > first.as_str());
    // The silent branch's only order has left its chart, which went on with the clock.
    silent.wait(&format!("{TOTAL} === 0")).await;
    assert_eq!(silent.eval(&format!("return {BARS}.length")), json!(20));
    // Every bar of the loud one that is complete shows what the store has, as soon as it has heard of it.
    until(async || bars_are_stored(&loud, &server).await).await;
    drop((loud, silent));
    server.stop().await;
}

async fn bars_are_stored(browser: &Browser<'_>, server: &Server) -> bool {
    let shown = browser.eval(
        "const shown = [...document.querySelectorAll('.bar:not(.leaving)')].map((bar) => [bar.dataset.date, \
         [...bar.querySelectorAll('.part')].reduce((sum, part) => sum + Number(part.dataset.count), 0)]); \
         return shown.sort().slice(1, -1)",
    );
    let stored = super::web_board::get(server.address, "/api/statistics?count=60").await;
    let stored: Value = serde_json::from_str(&stored.body).unwrap();
    let stored = stored["body"].as_array().unwrap();
    shown.as_array().unwrap().iter().all(|pair| {
        let bucket = stored.iter().find(|bucket| bucket["date"] == pair[0]).unwrap();
        let counts = bucket["counts"].as_array().unwrap();
        pair[1] == json!(counts.iter().map(|count| count["count"].as_u64().unwrap()).sum::<u64>())
    })
}
