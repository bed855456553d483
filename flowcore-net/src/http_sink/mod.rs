//! The sink that posts each event.

mod config;
mod connection;
mod endpoint;
mod error;
mod rules;
mod sink;

pub use config::HttpSinkConfig;
pub use error::HttpSinkError;
pub use rules::StatusRules;
pub use sink::{HttpSink, HttpSinkCounts};
