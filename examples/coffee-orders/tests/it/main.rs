//! Everything that coffee-orders promises, against real servers and a real browser.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

mod browser;
mod browser_driver;
mod generator;
mod order;
mod page;
mod store;
mod web;
mod web_board;
mod web_live;
mod web_throttle;
