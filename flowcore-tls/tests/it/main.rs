//! The tests of `flowcore-tls`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests throughout")]

mod handshake;
mod key_stores;
mod keytool;
