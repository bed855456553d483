//! A small HTTP client: one request, one connection, everything limited.
//!
//! It asks once. Whether to ask again is said by each error, and done by the caller.

mod client;
mod error;
mod limits;
mod target;

pub use client::{HttpAnswer, HttpClient, HttpRequest};
pub use error::HttpError;
pub use limits::HttpLimits;
pub use target::{Target, TargetError};
