//! The pages in a real browser, with a real broker, and the server behind them.

#[path = "../../../../coffee-orders/tests/it/browser_driver.rs"]
mod browser_driver;
mod console;
mod dashboard;
mod keyboard;
mod looks;
mod mosquitto;
mod outage;
mod publisher;
mod serve;
mod site;
