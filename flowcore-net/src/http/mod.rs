//! Events that are posted over HTTP, in JSON or as they are.
//!
//! - **Acknowledged when:** a request is one batch and one put, and 200 says that the channels have all of its
//!   events; a durable one has them on disk then. With any other status the sender keeps them.
//! - **What can repeat:** a request whose answer the sender did not get.
//! - **What is lost:** nothing that was answered with 200.
//! - **Order** is that of a request; requests of several connections have none.
//! - **When the channel is full** as long as it waits for room, the answer is 503.
//! - **Limits:** connections, the head, the body, the events and headers in it, the bytes of all bodies
//!   together, the time that a request may take. What is over one is answered with 413, 431 or 408.
//!
//! | Status | Says |
//! |---|---|
//! | 200 | the channels have it |
//! | 400 | the JSON cannot be read, is no list of events or is empty, or a parameter is missing |
//! | 403, 405 | TRACE and OPTIONS; any other method than POST and GET |
//! | 408, 413 | it took too long; it has too many bytes or events, here or for a transaction of the channel |
//! | 415 | JSON in a charset other than UTF-8, UTF-16 and UTF-32 |
//! | 503 | the channel did not take it: try again |
//!
//! Differences to the original that are meant: what is the sender's fault is a 4xx, where the original answers
//! 500 to all but bad JSON.

mod blob;
mod config;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handler;
mod json;
mod relaxed;
mod service;
mod source;
mod unicode;

pub use config::HttpConfig;
pub use handler::{BlobHandler, HttpHandler};
pub use source::HttpSource;
