#![doc = include_str!("../README.md")]

mod charset;
mod error;
pub mod http;
mod http_sink;
mod listening;
pub mod netcat;
pub mod netcat_udp;
pub mod peer;
mod put;
pub mod syslog;
mod tcp;
mod udp;

pub use charset::{Charset, UnknownCharset};
pub use error::NetError;
pub use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};
pub use http::{HttpConfig, HttpSource};
pub use http_sink::{HttpSink, HttpSinkConfig, HttpSinkCounts, HttpSinkError, StatusRules};
pub use listening::ListenAddresses;
pub use netcat::{NetcatConfig, NetcatSource};
pub use netcat_udp::{NetcatUdpConfig, NetcatUdpSource};
pub use syslog::{
    MultiportSyslogConfig, MultiportSyslogSource, SyslogTcpConfig, SyslogTcpSource, SyslogUdpConfig,
    SyslogUdpSource,
};
pub use udp::LostEvents;
