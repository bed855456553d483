#![doc = include_str!("../README.md")]

mod client;
mod connector;
mod error;
pub mod key_store;
mod roots;
mod selection;
mod server;
mod trust;

pub use client::ClientTls;
pub use connector::{TlsAcceptor, TlsConnector};
pub use error::TlsError;
pub use key_store::{KeyStore, KeyStoreError};
pub use selection::{TlsSelection, is_cipher_suite, is_protocol};
pub use server::{ClientAuth, ServerTls};
