//! What the program's parts do together.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod generator;
mod order;
mod store;
