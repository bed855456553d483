//! Whom a page may talk to, as the browser sees it.

use ny_power::web::WebSocket;
use serde_json::json;

use super::browser_driver::Driver;
use super::mosquitto::Mosquitto;
use super::script::Script;
use super::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_page_finds_the_broker_under_the_name_that_it_was_itself_asked_for_by() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let site = Site::start(broker.websocket).await;
    let browser = driver.browser(900, 500);
    browser.open(&format!("http://localhost:{}/mqtt", site.address.port()));
    browser.wait("document.body.dataset.state === 'live'").await;
    assert_eq!(browser.eval("return location.hostname"), json!("localhost"));
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_page_finds_the_broker_at_an_address_of_its_own() {
    let (driver, broker) = (Driver::start().await, Mosquitto::start().await);
    let address = format!("ws://{}/mqtt", broker.websocket).parse().unwrap();
    let site = Site::start_with(WebSocket::Address(address)).await;
    let browser = driver.browser(900, 500);
    browser.open(&format!("http://localhost:{}/mqtt", site.address.port()));
    browser.wait("document.body.dataset.state === 'live'").await;
    drop(browser);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_page_can_talk_to_nobody_else_and_run_nothing_else() {
    let (driver, broker, other) = (Driver::start().await, Mosquitto::start().await, Script::start().await);
    let site = Site::start(broker.websocket).await;
    let browser = driver.browser(900, 500);
    site.dashboard(&browser).await;
    browser.eval(&format!(
        "window.refused = []; \
         document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective)); \
         try {{ new WebSocket('ws://{0}') }} catch {{}} \
         fetch('http://{0}/').catch(() => {{}}); fetch('/api/health').catch(() => {{}}); \
         try {{ const script = document.createElement('script'); script.append('window.broken = 1'); \
         document.body.append(script) }} catch {{}} \
         const image = new Image(); image.src = 'http://{0}/x.png'",
        other.address()
    ));
    browser
        .wait("refused.includes('img-src') && refused.filter((kind) => kind === 'connect-src').length === 3")
        .await;
    assert_eq!(browser.eval("return window.broken ?? null"), json!(null));
    let unsafe_sink =
        "try { document.body.innerHTML = '<b>x</b>'; return 'taken' } catch (error) { return error.name }";
    assert_eq!(browser.eval(unsafe_sink), json!("TypeError"));
    drop(browser);
    site.stop().await;
}
