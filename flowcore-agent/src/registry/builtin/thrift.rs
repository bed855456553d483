//! Source and sink of Thrift RPC.

use flowcore_thrift::{Protocol, ThriftSink, ThriftSinkConfig, ThriftSource, ThriftSourceConfig};

use super::rpc::{RESET, servers};
use super::{Family, tls};
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

fn register(registry: Registry) -> Registry {
    registry.source("thrift", source).sink("thrift", sink)
}

fn source(settings: &Settings<'_>) -> Result<impl FnMut() -> ThriftSource + Send + use<>, SettingError> {
    let config = ThriftSourceConfig::new(settings.required("bind")?, settings.number("port")?)
        .protocol(protocol(settings)?);
    let config = tls::server(settings)?.into_iter().fold(config, ThriftSourceConfig::tls);
    Ok(move || ThriftSource::new(config.clone()))
}

fn sink(settings: &Settings<'_>) -> Result<impl FnMut() -> ThriftSink + Send + use<>, SettingError> {
    let mut servers = servers(settings)?.into_iter();
    let Some((host, port)) = servers.next() else { return Err(settings.error("hosts", "names no host")) };
    let config = ThriftSinkConfig::new(host, port);
    let config = servers.fold(config, |config, (host, port)| config.backup(host, port));
    let config = config
        .batch_size(settings.number("batch-size")?)
        .connect_timeout(settings.millis("connect-timeout")?)
        .request_timeout(settings.millis("request-timeout")?)
        .reset_connection_interval(settings.seconds(settings.written_of(&RESET))?)
        .max_connections(settings.number("maxConnections")?)
        .protocol(protocol(settings)?);
    let attempts = settings.optional("max-attempts", Settings::number)?;
    let config = attempts.into_iter().fold(config, ThriftSinkConfig::max_attempts);
    let config = tls::client(settings)?.into_iter().fold(config, ThriftSinkConfig::tls);
    Ok(move || ThriftSink::new(config.clone()))
}

fn protocol(settings: &Settings<'_>) -> Result<Protocol, SettingError> {
    match settings.required("protocol")? {
        protocol if protocol.eq_ignore_ascii_case("compact") => Ok(Protocol::Compact),
        protocol if protocol.eq_ignore_ascii_case("binary") => Ok(Protocol::Binary),
        _ => Err(settings.error("protocol", "is neither compact nor binary")),
    }
}
