#![doc = include_str!("../README.md")]

mod charset;
mod error;
pub mod http;
mod listening;
pub mod netcat;
pub mod netcat_udp;
mod put;
pub mod syslog;
mod tcp;
mod udp;

pub use charset::{Charset, UnknownCharset};
pub use error::NetError;
pub use http::{HttpConfig, HttpSource};
pub use listening::ListenAddresses;
pub use netcat::{NetcatConfig, NetcatSource};
pub use netcat_udp::{NetcatUdpConfig, NetcatUdpSource};
pub use syslog::{
    MultiportSyslogConfig, MultiportSyslogSource, SyslogTcpConfig, SyslogTcpSource, SyslogUdpConfig,
    SyslogUdpSource,
};
pub use udp::LostEvents;
