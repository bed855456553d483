//! The page and the server behind it.
//!
//! | Address | Answer |
//! |---|---|
//! | `GET /` | the page; its parts come out of the program itself |
//! | `GET /api/board` | the branches, the dimensions and the length of a bucket |
//! | `GET /api/statistics?branch&type&count` | the last buckets, [`Packet::History`](crate::packet::Packet) |
//! | `GET /api/live?branch&type` | [`Packet::Publish`](crate::packet::Packet) as Server-Sent Events |
//! | `GET /api/health` | `{"status":"ok"}` |
//!
//! A client gets at most one packet each 250 ms for each branch and dimension: the newest. What it does not
//! fetch in time is replaced, never queued.

mod api;
mod assets;
mod board;
mod live;
mod query;
mod routes;
mod server;
mod throttle;

pub use board::{Board, BoardError};
pub use routes::routes;
pub use server::{ServeError, listen, serve};
pub use throttle::Throttle;
