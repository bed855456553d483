//! Sources that listen: netcat, syslog and HTTP.

use std::fmt::Display;

use flowcore_net::http::{BlobHandler, HttpHandler};
use flowcore_net::syslog::{Framing, KeepFields, OwnFormat, Zone};
use flowcore_net::{
    Charset, HttpConfig, HttpSource, MultiportSyslogConfig, MultiportSyslogSource, NetcatConfig,
    NetcatSource, NetcatUdpConfig, NetcatUdpSource, SyslogTcpConfig, SyslogTcpSource, SyslogUdpConfig,
    SyslogUdpSource,
};

use super::{Family, tls};
use crate::keys::{Section, find};
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register,
    parts: &[(Section::HttpHandler, "json"), (Section::HttpHandler, "blob")],
    not_yet: &[],
};

fn register(registry: Registry) -> Registry {
    let registry = registry.source("netcat", netcat).source("netcatudp", netcat_udp).source("http", http);
    let registry = registry.source("syslogtcp", syslog_tcp).source("syslogudp", syslog_udp);
    registry.source("multiport_syslogtcp", multiport)
}

fn netcat(settings: &Settings<'_>) -> Result<impl FnMut() -> NetcatSource + Send + use<>, SettingError> {
    let config = NetcatConfig::new(settings.required("bind")?, settings.number("port")?)
        .max_line_length(settings.number("max-line-length")?)
        .ack_every_event(settings.boolean("ack-every-event")?)
        .encoding(charset(settings, "encoding")?)
        .max_connections(settings.number("max-connections")?);
    Ok(move || NetcatSource::new(config.clone()))
}

fn netcat_udp(
    settings: &Settings<'_>,
) -> Result<impl FnMut() -> NetcatUdpSource + Send + use<>, SettingError> {
    let config = NetcatUdpConfig::new(settings.required("bind")?, settings.number("port")?);
    let header = settings.text("remoteAddress").or(settings.text("remoteAddressHeader"));
    let config = with(config, header, NetcatUdpConfig::remote_address_header);
    Ok(move || NetcatUdpSource::new(config.clone()))
}

fn syslog_tcp(
    settings: &Settings<'_>,
) -> Result<impl FnMut() -> SyslogTcpSource + Send + use<>, SettingError> {
    let config = SyslogTcpConfig::new(settings.number("port")?)
        .event_size(settings.number("eventSize")?)
        .keep_fields(keep_fields(settings)?)
        .framing(framing(settings)?);
    let config = with(config, settings.text("host"), SyslogTcpConfig::host);
    let config = with(config, settings.text("clientIPHeader"), SyslogTcpConfig::client_ip_header);
    let config = with(config, settings.text("clientHostnameHeader"), SyslogTcpConfig::client_hostname_header);
    let config = with(config, own_format(settings)?, SyslogTcpConfig::own_format);
    let config = with(config, zone(settings)?, SyslogTcpConfig::timezone);
    let config = with(config, tls::server(settings)?, SyslogTcpConfig::tls);
    Ok(move || SyslogTcpSource::new(config.clone()))
}

fn syslog_udp(
    settings: &Settings<'_>,
) -> Result<impl FnMut() -> SyslogUdpSource + Send + use<>, SettingError> {
    let config = SyslogUdpConfig::new(settings.number("port")?)
        .event_size(settings.number("eventSize")?)
        .keep_fields(keep_fields(settings)?);
    let config = with(config, settings.text("host"), SyslogUdpConfig::host);
    let config = with(config, settings.text("clientIPHeader"), SyslogUdpConfig::client_ip_header);
    let config = with(config, settings.text("clientHostnameHeader"), SyslogUdpConfig::client_hostname_header);
    let config = with(config, own_format(settings)?, SyslogUdpConfig::own_format);
    let config = with(config, zone(settings)?, SyslogUdpConfig::timezone);
    Ok(move || SyslogUdpSource::new(config.clone()))
}

fn multiport(
    settings: &Settings<'_>,
) -> Result<impl FnMut() -> MultiportSyslogSource + Send + use<>, SettingError> {
    let config = MultiportSyslogConfig::new(ports(settings)?)
        .event_size(settings.number("eventSize")?)
        .keep_fields(keep_fields(settings)?)
        .charset_default(charset(settings, "charset.default")?)
        .batch_size(settings.number("batchSize")?)
        .read_buffer_bytes(settings.number(settings.written_of(&["readBufferBytes", "readBufferSize"]))?);
    let config = with(config, settings.text("host"), MultiportSyslogConfig::host);
    let config = with(config, settings.text("clientIPHeader"), MultiportSyslogConfig::client_ip_header);
    let config = with(config, settings.text("portHeader"), MultiportSyslogConfig::port_header);
    let config =
        with(config, settings.text("clientHostnameHeader"), MultiportSyslogConfig::client_hostname_header);
    let config = with(config, zone(settings)?, MultiportSyslogConfig::timezone);
    let mut config = with(config, tls::server(settings)?, MultiportSyslogConfig::tls);
    for (key, _) in settings.written() {
        let Some(port) = key.strip_prefix("charset.port.") else { continue };
        let port = port.parse().map_err(|_| settings.error(key, "names no port"))?;
        config = config.charset_port(port, charset(settings, key)?);
    }
    Ok(move || MultiportSyslogSource::new(config.clone()))
}

fn ports(settings: &Settings<'_>) -> Result<Vec<u16>, SettingError> {
    let words = settings.required("ports")?.split_ascii_whitespace();
    words
        .map(|port| port.parse().map_err(|_| settings.error("ports", format!("has no port {port}"))))
        .collect()
}

fn http(settings: &Settings<'_>) -> Result<impl FnMut() -> HttpSource + Send + use<>, SettingError> {
    let config = HttpConfig::new(settings.number("port")?)
        .bind(settings.required("bind")?)
        .handler(handler(settings)?)
        .max_body_bytes(settings.number("max-body-bytes")?);
    let head = settings.optional("HttpConfiguration.requestHeaderSize", Settings::number)?;
    let config = with(config, head, HttpConfig::request_header_size);
    let idle = settings.optional("ServerConnector.idleTimeout", Settings::millis)?;
    let config = with(config, idle, HttpConfig::idle_timeout);
    let config = with(config, tls::server(settings)?, HttpConfig::tls);
    Ok(move || HttpSource::new(config.clone()))
}

fn handler(settings: &Settings<'_>) -> Result<HttpHandler, SettingError> {
    let name = settings.required("handler")?;
    let found = find(Section::HttpHandler, name).map(|found| found.component);
    let part = settings.of_part(found, "handler.");
    match found.map(|found| found.name) {
        Some("json") => Ok(HttpHandler::Json),
        Some("blob") => {
            let names = part.text("mandatoryParameters").unwrap_or("").split(',').map(str::trim);
            let handler = BlobHandler::new().max_blob_length(part.number("maxBlobLength")?);
            Ok(HttpHandler::Blob(handler.mandatory_parameters(names.filter(|name| !name.is_empty()))))
        }
        _ => Err(settings.error("handler", format!("names {name}, which nobody makes"))),
    }
}

/// Sets what is there.
fn with<C, V>(config: C, value: Option<V>, set: impl FnOnce(C, V) -> C) -> C {
    match value {
        Some(value) => set(config, value),
        None => config,
    }
}

fn keep_fields(settings: &Settings<'_>) -> Result<KeepFields, SettingError> {
    settings.required("keepFields")?.parse().map_err(said(settings, "keepFields"))
}

fn charset(settings: &Settings<'_>, key: &str) -> Result<Charset, SettingError> {
    Charset::named(settings.required(key)?).map_err(said(settings, key))
}

fn zone(settings: &Settings<'_>) -> Result<Option<Zone>, SettingError> {
    settings.text("timezone").map(Zone::named).transpose().map_err(said(settings, "timezone"))
}

fn framing(settings: &Settings<'_>) -> Result<Framing, SettingError> {
    match settings.required("framing")? {
        framing if framing.eq_ignore_ascii_case("newline") => Ok(Framing::Newline),
        framing if framing.eq_ignore_ascii_case("auto") => Ok(Framing::Auto),
        _ => Err(settings.error("framing", "is neither newline nor auto")),
    }
}

/// The header form of `format.*`; none without an expression, as in Flume.
fn own_format(settings: &Settings<'_>) -> Result<Option<OwnFormat>, SettingError> {
    let Some(regex) = settings.text("format.regex") else { return Ok(None) };
    let mut format = OwnFormat::new(regex).map_err(said(settings, "format.regex"))?;
    if let Some(search) = settings.text("format.search") {
        let replacement = settings.text("format.replace").unwrap_or("");
        format = format.replace(search, replacement).map_err(said(settings, "format.search"))?;
    }
    if let Some(date) = settings.text("format.dateFormat") {
        format = format.date_format(date).map_err(said(settings, "format.dateFormat"))?;
    }
    Ok(Some(format))
}

/// What a library says about a value.
fn said<E: Display>(settings: &Settings<'_>, key: &str) -> impl FnOnce(E) -> SettingError {
    move |error| settings.error(key, format!("cannot be used: {error}"))
}
