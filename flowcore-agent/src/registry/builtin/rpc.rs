//! Keys that the sinks of Avro and Thrift have in common.

use crate::registry::{SettingError, Settings};

/// The code reads the first, and the guide has the second.
pub(super) const RESET: [&str; 2] = ["reset-connection-interval", "connection-reset-interval"];

/// `hostname` and `port`, or each of `hosts`.
pub(super) fn servers(settings: &Settings<'_>) -> Result<Vec<(String, u16)>, SettingError> {
    let Some(hosts) = settings.text("hosts") else {
        return Ok(vec![(settings.required("hostname")?.to_owned(), settings.number("port")?)]);
    };
    let server = |alias: &str| {
        let key = format!("hosts.{alias}");
        let address = settings.required(&key)?;
        let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.trim().parse().ok()?)));
        let (host, port) = parts.ok_or_else(|| settings.error(&key, "is no host:port"))?;
        Ok((host.trim().to_owned(), port))
    };
    hosts.split_ascii_whitespace().map(server).collect()
}
