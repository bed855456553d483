//! Everything that coffee-orders promises, against real servers and a real browser.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

mod acceptance;
mod acceptance_browser;
mod acceptance_buckets;
mod browser;
mod browser_driver;
mod chaos;
mod flume_agent;
mod generator;
mod kill;
mod order;
mod page;
mod program;
mod program_count;
mod program_options;
mod redis_parts;
mod redis_program;
mod redis_server;
mod rejects_flow;
mod replay;
mod store;
mod web;
mod web_board;
mod web_live;
mod web_throttle;
