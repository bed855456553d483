//! TLS of both ends, with the settings that Flume has.

mod client;
mod order;
mod roots;
mod selection;
mod server;
mod trust;

pub use client::ClientTls;
pub use order::LayerOrder;
pub use server::{ClientAuth, ServerTls};

use selection::Selection;

/// Why TLS cannot be set up.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;
