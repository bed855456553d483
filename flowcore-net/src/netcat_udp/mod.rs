//! Datagrams, of each the first line.
//!
//! - **Acknowledged when:** never: nobody is answered.
//! - **What is lost:** what came while the channel stayed full and the waiting room was too, which is counted
//!   ([`NetcatUdpSource::lost`]); what the system dropped before, which is not; and what of a datagram follows
//!   its first newline ([`NetcatUdpSource::cut`] counts the datagrams).
//! - **Order** is that in which the system has them.

mod config;
mod source;

pub use config::NetcatUdpConfig;
pub use source::NetcatUdpSource;
