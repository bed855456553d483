//! The pages in a real browser, with a real broker, and the server behind them.

#[path = "../../../../coffee-orders/tests/it/browser_driver.rs"]
mod browser_driver;
mod client;
mod clock_change;
mod console;
mod dashboard;
mod embedded;
mod freshness;
mod hostile;
mod keyboard;
mod looks;
mod malformed;
mod mosquitto;
mod outage;
mod policy;
mod publisher;
mod script;
mod serve;
mod site;
