//! The program's own page in real browsers.

use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore_testkit::free_port;
use serde_json::{Value, json};

use super::acceptance::order;
use super::browser_driver::{Browser, Driver};
use super::program::{Form, Home, Program, pause};
use super::redis_server::RedisServer;

const TOTAL: &str = "Number(document.querySelector('#total').textContent.replaceAll(',', ''))";

async fn open(browser: &Browser<'_>, program: &mut Program) {
    browser.open(&format!("http://{}/", program.page().await));
    browser.wait("document.querySelectorAll('.bar').length === 20").await;
    browser.eval(
        "window.shown = {}; const total = document.querySelector('#total'); \
         new MutationObserver(() => shown[total.textContent] ??= Date.now()).observe(total, {childList: true})",
    );
}

/// Each order of another program is on both screens within a second.
async fn two_browsers(form: Form) {
    let (driver, home) = (Driver::start().await, Home::new(form));
    // No bucket ends meanwhile.
    let mut program = home.start(&["--no-generate", "--bucket", "30m"]);
    let browsers = [driver.browser(1200, 900), driver.browser(1200, 900)];
    for browser in &browsers {
        open(browser, &mut program).await;
    }
    for total in 1..=3 {
        let ordered = Clock::system().now();
        home.append(order("jeongja", "8090"));
        for browser in &browsers {
            browser.wait(&format!("shown[{total}]")).await;
            let shown = browser.eval(&format!("return shown[{total}]")).as_i64().unwrap();
            let delay = Timestamp::from_millis(shown).since(ordered);
            assert!(delay < Duration::from_secs(1), "order {total} took {delay:?}");
        }
    }
    drop(browsers);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_order_is_seen_in_two_browsers_within_a_second() {
    two_browsers(Form::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn with_a_redis_too_an_order_is_seen_in_two_browsers_within_a_second() {
    let server = RedisServer::start().await;
    two_browsers(server.form()).await;
}

/// Names and totals of the bars that are not empty.
fn bars(browser: &Browser<'_>) -> Value {
    browser.eval(
        "return [...document.querySelectorAll('.bar:not(.leaving)')].map((bar) => [bar.dataset.date, \
         [...bar.querySelectorAll('.part')].reduce((sum, part) => sum + Number(part.dataset.count), 0)]) \
         .filter(([, sum]) => sum > 0).sort()",
    )
}

/// The page comes back by itself after a restart of the program, with the same buckets.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_page_comes_back_after_a_restart_of_the_program_and_shows_the_same_buckets() {
    let (driver, home) = (Driver::start().await, Home::new(Form::Embedded));
    let port = free_port().to_string();
    let arguments = ["--no-generate", "--port", &port, "--bucket", "10s"];
    let mut program = home.start(&arguments);
    let browser = driver.browser(1200, 900);
    open(&browser, &mut program).await;
    for (orders, total) in [(3, 3), (2, 5)] {
        home.append(order("sunae", "8090").repeat(orders));
        browser.wait(&format!("{TOTAL} === {total}")).await;
        pause(Duration::from_millis(1_100)).await;
    }
    // Bars move when they change.
    let sum = |bars: &Value| bars.as_array().unwrap().iter().map(|bar| bar[1].as_u64().unwrap()).sum::<u64>();
    browser.wait("document.getAnimations().length === 0").await;
    let before = bars(&browser);
    assert_eq!(sum(&before), 5, "{before}");

    program.stop().await;
    browser.wait("document.body.dataset.state === 'gone'").await;
    let mut program = home.start(&arguments);
    program.page().await;
    browser.wait(&format!("{TOTAL} === 5 && document.querySelector('#notice').hidden")).await;
    browser.wait("document.getAnimations().length === 0").await;
    assert_eq!(bars(&browser), before);
    home.append(order("sunae", "8090"));
    browser.wait(&format!("{TOTAL} === 6")).await;
    assert_ne!(browser.eval("return document.title"), json!(""));
    drop(browser);
    program.stop().await;
}
