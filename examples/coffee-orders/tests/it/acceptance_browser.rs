//! The program's own page in real browsers.

use std::time::Duration;

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
    count_requests(browser);
}

/// Lets a page count what it asks for from now on.
pub(crate) fn count_requests(browser: &Browser<'_>) {
    browser
        .eval("window.asked = 0; const ask = fetch; window.fetch = (...what) => (asked += 1, ask(...what))");
}

/// Orders one after the other: all pages show each, and ask for nothing. How soon, virtual time says: a client of
/// the live stream is told at once, and of more orders than that four times a second.
pub(crate) async fn shown_unasked(browsers: &[Browser<'_>], order: impl Fn()) {
    for total in 1..=3 {
        order();
        for browser in browsers {
            browser.wait(&format!("{TOTAL} === {total}")).await;
        }
    }
    for browser in browsers {
        assert_eq!(browser.eval("return asked"), json!(0));
    }
}

/// Orders of another program are on both screens, without a question.
async fn two_browsers(form: Form) {
    let (driver, home) = (Driver::start().await, Home::new(form));
    // No bucket ends meanwhile.
    let mut program = home.start(&["--no-generate", "--bucket", "30m"]);
    let browsers = [driver.browser(1200, 900), driver.browser(1200, 900)];
    for browser in &browsers {
        open(browser, &mut program).await;
    }
    shown_unasked(&browsers, || home.append(order("jeongja", "8090"))).await;
    drop(browsers);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_order_is_pushed_to_two_browsers() {
    two_browsers(Form::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn with_a_redis_too_an_order_is_pushed_to_two_browsers() {
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
    browser.settle().await;
    let before = bars(&browser);
    assert_eq!(sum(&before), 5, "{before}");

    program.stop().await;
    browser.wait("document.body.dataset.state === 'gone'").await;
    let mut program = home.start(&arguments);
    program.page().await;
    browser.wait(&format!("{TOTAL} === 5 && document.querySelector('#notice').hidden")).await;
    browser.settle().await;
    assert_eq!(bars(&browser), before);
    home.append(order("sunae", "8090"));
    browser.wait(&format!("{TOTAL} === 6")).await;
    assert_ne!(browser.eval("return document.title"), json!(""));
    drop(browser);
    program.stop().await;
}
