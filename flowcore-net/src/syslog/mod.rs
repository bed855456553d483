//! Messages of syslog, over TCP, over UDP, and over TCP on several ports at once.
//!
//! - **Acknowledged when:** never: syslog has no answers. What is in a channel is as safe as the channel.
//! - **What can repeat:** nothing here.
//! - **What is lost:** over TCP what was under way when either side stopped, and a last message without a
//!   newline; over UDP what came while the channel stayed full and the waiting room was too, which is counted
//!   ([`SyslogUdpSource::lost`]), and what the system dropped before, which is not. An event that fits into no
//!   transaction of the channel is dropped with a log line.
//! - **Order** is that of a connection.
//! - **When the channel is full** the sources over TCP stop reading until there is room; that over UDP goes on
//!   and counts.
//!
//! Messages of TCP and UDP are read by the two header forms of RFC 5424 and RFC 3164, which a whole message
//! must have; [`MultiportSyslogSource`] takes lines apart by hand. So headers differ: see each. Differences to
//! the original that are meant: a fraction of one or two digits counts as what it says, a zone beside a
//! fraction is heeded, and a stamp that is no instant is none.

mod connection;
mod frame;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod header;
mod keep_fields;
mod line;
mod line_parser;
mod marks;
mod message;
mod multiport;
mod multiport_config;
mod octets;
mod own_format;
mod peer;
mod stamp;
mod tcp;
mod tcp_config;
mod udp;
mod udp_config;
mod zone;

pub use keep_fields::{KeepFields, UnknownFields};
pub use multiport::MultiportSyslogSource;
pub use multiport_config::MultiportSyslogConfig;
pub use octets::Framing;
pub use own_format::OwnFormat;
pub use tcp::SyslogTcpSource;
pub use tcp_config::SyslogTcpConfig;
pub use udp::SyslogUdpSource;
pub use udp_config::SyslogUdpConfig;
pub use zone::{UnknownZone, Zone};
