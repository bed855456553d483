//! A running agent, watched from outside: Flume's JSON, the same as numbers, and Prometheus' text, over HTTP.
//!
//! | Path | Answer |
//! |---|---|
//! | `/metrics` | Flume's JSON, in which every value is a string; with `type=prometheus` the text of Prometheus |
//! | `/metrics.json` | the same members as numbers, and what Flume does not say: states, errors, ways |
//! | `/prometheus` | the text of Prometheus |
//! | `/` | a line of HTML |
//!
//! TRACE and OPTIONS are answered with 403, any other path with 404. It listens on this machine alone unless
//! `flume.monitoring.host` says otherwise: there is no password, and who can read it learns names and rates.
//! Sixteen connections at once, each for five minutes at most; further ones wait.

mod answer;
mod config;
mod flume_json;
mod numbers;
mod prometheus;
mod reading;
mod server;
mod value;

pub use answer::{Answer, answer};
pub use config::{MonitorConfig, MonitorConfigError, MonitorFormat, MonitorPlan};
pub use server::Monitor;
