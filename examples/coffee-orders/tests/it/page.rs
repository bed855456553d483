//! What the page shows, and how it looks.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Clock;
use serde_json::json;

use super::browser_driver::{Browser, Driver};
use super::web_board::{BRANCHES, MemoryBoard, Server};

const BUCKET: Duration = Duration::from_secs(30);
const GRADES: [&str; 10] = ["0010", "1020", "2030", "3040", "4050", "5060", "6070", "7080", "8090", "9999"];
/// The left arrow key.
const LEFT: char = '\u{E012}';
const PAYMENTS: [&str; 3] = ["Cash", "Credit", "Debit"];
const COFFEES: [&str; 9] = [
    "Espresso",
    "Espresso Macchiato",
    "Espresso con Panna",
    "Caffe Latte",
    "Flat White",
    "Cafe Breve",
    "Cappuccino",
    "Caffe Mocha",
    "Americano",
];

/// A morning in the shop: uneven, with a gap at one branch and another that fell silent.
fn busy() -> Arc<MemoryBoard> {
    let board = MemoryBoard::new(BUCKET, Clock::system());
    let now = board.now();
    let mut mixed: usize = 7;
    for back in 0..20_u32 {
        for order in 0..(40 + (back * 13) % 37) {
            mixed = mixed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = mixed >> 33;
            let branch = BRANCHES[1 + pick % 4];
            let silent = (branch == "sunae" && back < 4) || (branch == "migeum" && (8..11).contains(&back));
            let short = back == 0 && order > 21;
            if !silent && !short {
                let cups: Vec<_> = (0..=pick % 3).map(|cup| COFFEES[(pick / 7 + cup * 5) % 9]).collect();
                board.order_at(
                    now - BUCKET * back,
                    branch,
                    GRADES[pick / 5 % 10],
                    PAYMENTS[pick / 3 % 3],
                    &cups,
                );
            }
        }
    }
    board
}

async fn open(browser: &Browser<'_>, server: &Server, hash: &str) {
    browser.open(&format!("http://{}/{hash}", server.address));
    browser.wait("document.querySelectorAll('.bar').length === 20").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_age_grade_has_a_colour_of_its_own_and_is_drawn() {
    let (driver, board) = (Driver::start().await, MemoryBoard::new(BUCKET, Clock::system()));
    for grade in GRADES {
        board.order("sunae", grade, "Cash", &COFFEES);
    }
    let server = Server::start(board).await;
    let browser = driver.browser(1200, 900);
    for scheme in ["light", "dark"] {
        browser.prefer(scheme, "reduce");
        for (dimension, kinds) in [("CustomerAgeGrades", &GRADES[..]), ("Orders", &COFFEES[..])] {
            browser.open("about:blank");
            open(&browser, &server, &format!("#branch=sunae&type={dimension}")).await;
            browser.wait("document.querySelector('.part[data-count=\"1\"], .part[data-count=\"10\"]')").await;
            let parts = browser.eval(
                "return [...document.querySelectorAll('.part')].filter((part) => part.dataset.count > 0) \
                 .map((part) => ({type: part.dataset.type, fill: getComputedStyle(part).fill, \
                 height: part.getBoundingClientRect().height, top: part.getBoundingClientRect().top}))",
            );
            let parts = parts.as_array().unwrap();
            let drawn: Vec<_> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
            assert_eq!(drawn, kinds, "in stack order");
            assert!(parts.iter().all(|part| part["height"].as_f64().unwrap() > 5.0), "{parts:?}");
            assert!(parts.is_sorted_by(|low, high| low["top"].as_f64() > high["top"].as_f64()), "{parts:?}");
            let mut fills: Vec<_> = parts.iter().map(|part| part["fill"].as_str().unwrap()).collect();
            fills.sort_unstable();
            fills.dedup();
            assert_eq!(fills.len(), kinds.len(), "{scheme}: {fills:?}");
            assert!(!fills.contains(&"rgb(0, 0, 0)"), "{scheme}: a part without a colour");
        }
    }
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn gaps_in_the_history_are_empty_bars_and_a_silent_branch_shows_its_last_buckets() {
    let (driver, board) = (Driver::start().await, MemoryBoard::new(BUCKET, Clock::system()));
    let now = board.now();
    for (back, orders) in [(9, 2), (5, 4)] {
        for _ in 0..orders {
            board.order_at(now - BUCKET * back, "sunae", "8090", "Cash", &["Espresso"]);
        }
    }
    let server = Server::start(board).await;
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "#branch=sunae&type=PaymentMethods").await;
    let totals = browser.eval(
        "return [...document.querySelectorAll('.bar')].sort((a, b) => a.dataset.date < b.dataset.date ? -1 : 1) \
         .map((bar) => [...bar.querySelectorAll('.part')].reduce((sum, part) => sum + Number(part.dataset.count), 0))",
    );
    let mut totals: Vec<_> = totals.as_array().unwrap().iter().map(|total| total.as_u64().unwrap()).collect();
    // Buckets may have begun meanwhile.
    let last = totals.iter().rposition(|total| *total > 0).unwrap();
    assert!((4..=14).contains(&last), "{totals:?}");
    assert_eq!(totals.drain(last - 4..=last).collect::<Vec<_>>(), [2, 0, 0, 0, 4]);
    assert_eq!(totals.iter().sum::<u64>(), 0);
    let ticks = browser
        .eval("return [...document.querySelectorAll('.tick text')].map((tick) => Number(tick.textContent))");
    assert_eq!(ticks, json!([0, 1, 2, 3, 4]));
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_choice_is_kept_in_the_address_and_followed_from_there() {
    let (driver, server) = (Driver::start().await, Server::start(busy()).await);
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "#branch=nowhere&type=Orders").await;
    assert_eq!(browser.eval("return location.hash"), json!("#branch=all&type=Orders"));
    browser.eval("document.querySelector('input[value=jeongja]').click()");
    browser.wait("document.querySelector('#caption').textContent.includes('Jeongja')").await;
    assert_eq!(browser.eval("return location.hash"), json!("#branch=jeongja&type=Orders"));
    browser.eval("location.hash = '#branch=sunae&type=PaymentMethods'");
    browser.wait("document.querySelector('#caption').textContent.startsWith('Payment, Sunae')").await;
    let checked =
        browser.eval("return [...document.querySelectorAll('input:checked')].map((input) => input.value)");
    assert_eq!(checked, json!(["sunae", "PaymentMethods"]));
    let entries = browser.eval("return document.querySelectorAll('#legend li').length");
    assert_eq!(entries, json!(3));
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bars_can_be_read_with_the_keyboard_and_by_ear() {
    let (driver, server) = (Driver::start().await, Server::start(busy()).await);
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "").await;
    assert_eq!(browser.eval("return document.querySelectorAll('.bar[tabindex=\"0\"]').length"), json!(1));
    browser.eval("document.querySelector('.bar[tabindex=\"0\"]').focus()");
    let newest = browser.eval("return document.activeElement.dataset.date");
    browser.press(LEFT);
    browser.press(LEFT);
    let focused = browser.eval(
        "return [document.activeElement.dataset.date, document.activeElement.getAttribute('aria-label')]",
    );
    assert!(focused[0].as_str() < newest.as_str(), "{focused} is not left of {newest}");
    let label = focused[1].as_str().unwrap();
    assert!(label.contains(" orders. ") && label.contains("80 to 89: "), "{label}");
    let tooltip = browser.eval("return document.querySelector('#tooltip').innerText");
    assert!(tooltip.as_str().unwrap().contains("80 to 89"), "{tooltip}");
    browser.settle().await;
    browser.picture("keyboard");
    browser.eval("document.querySelector('#numbers').open = true");
    browser.wait("document.querySelectorAll('#table tr').length === 21").await;
    browser.eval("document.querySelector('#numbers').scrollIntoView()");
    browser.picture("table");
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_is_asked_of_anybody_but_the_server_and_nothing_is_complained_about() {
    let (driver, server) = (Driver::start().await, Server::start(busy()).await);
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "").await;
    let origin = format!("http://{}/", server.address);
    let asked = browser.eval("return performance.getEntriesByType('resource').map((entry) => entry.name)");
    let asked = asked.as_array().unwrap();
    assert!(asked.len() >= 8, "{asked:?}");
    assert!(asked.iter().all(|address| address.as_str().unwrap().starts_with(&origin)), "{asked:?}");
    assert_eq!(browser.log(), json!([]));
    drop(browser);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_fits_a_desk_and_a_phone_in_light_and_dark() {
    let (driver, board) = (Driver::start().await, busy());
    let server = Server::start(board.clone()).await;
    for (screen, width, height) in [("desk", 1280, 860), ("phone", 390, 1340)] {
        let browser = driver.browser(width, height);
        for scheme in ["light", "dark"] {
            browser.prefer(scheme, "no-preference");
            for dimension in ["CustomerAgeGrades", "PaymentMethods", "Orders"] {
                open(&browser, &server, &format!("#branch=all&type={dimension}")).await;
                browser.wait(&format!("document.body.dataset.dimension === '{dimension}'")).await;
                browser.settle().await;
                let overhang =
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(browser.eval(overhang), json!(0), "{screen} scrolls sideways");
                board.order("jeongja", "3040", "Cash", &["Espresso"]);
                browser.wait("document.body.dataset.state === 'live'").await;
                browser.settle().await;
                browser.picture(&format!("{screen}-{scheme}-{dimension}"));
            }
            let light = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => part > 128)";
            assert_eq!(browser.eval(light), json!(scheme == "light"));
        }
        // Labels of the time axis do not run into each other.
        let crowded = browser.eval(
            "const boxes = [...document.querySelectorAll('.bar:not(.leaving) .time:not(.off)')] \
             .map((label) => label.getBoundingClientRect()).sort((a, b) => a.left - b.left); \
             return boxes.some((box, index) => index > 0 && box.left < boxes[index - 1].right + 2)",
        );
        assert_eq!(crowded, json!(false), "{screen}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_chart_without_orders_explains_itself_until_the_first_comes() {
    let (driver, board) = (Driver::start().await, MemoryBoard::new(BUCKET, Clock::system()));
    let server = Server::start(board.clone()).await;
    let browser = driver.browser(1200, 900);
    open(&browser, &server, "#branch=sunae&type=Orders").await;
    let text = browser.eval("return document.querySelector('#empty').innerText");
    assert!(text.as_str().unwrap().starts_with("No cups at Sunae in the last 10 minutes"), "{text}");
    browser.settle().await;
    browser.picture("empty");
    board.order("sunae", "8090", "Cash", &["Espresso"]);
    browser.wait("document.querySelector('#empty').hidden").await;
    drop(browser);
    server.stop().await;
}
