//! The pages and the server behind them.
//!
//! | Address | Answer |
//! |---|---|
//! | `GET /` | the dashboard; its parts come out of the program itself |
//! | `GET /mqtt` | the console: every message below `ny-power/`, as it comes |
//! | `GET /api/health` | `{"status":"ok"}` |
//!
//! The server knows no data. A page is told where the broker's websocket is, and from then on talks to the
//! broker alone.

mod address;
mod assets;
mod config;
mod policy;
mod routes;
mod server;

pub use address::{WebSocketAddress, WebSocketAddressError};
pub use config::{WebConfig, WebSocket};
pub use routes::routes;
pub use server::{ServeError, listen, serve};
