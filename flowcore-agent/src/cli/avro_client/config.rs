use std::collections::BTreeMap;
use std::sync::Arc;

use crate::date_now;
use crate::interpolate::Lookups;
use crate::keys::{Section, find};
use crate::model::{ComponentConfig, Group, Setting};
use crate::properties::Properties;
use crate::registry::{BoxedSink, Registry, SettingError, Settings};
use crate::tls_defaults;

/// A client is a sink without an agent: its properties are the keys of an avro or thrift sink.
pub(super) struct ClientConfig {
    pub(super) sink: BoxedSink,
    /// Events that are sent together.
    pub(super) batch_size: usize,
}

/// What is wrong with the properties of a client.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClientConfigError {
    #[error("`hosts` names no host: it is a list of words, each with its own `hosts.WORD = host:port`")]
    NoHost,
    #[error("client.type: `{0}` is no client of Flume's")]
    Type(String),
    #[error(transparent)]
    Setting(#[from] SettingError),
}

/// What `client.type` may say too.
const CLASSES: [(&str, &str); 4] = [
    ("org.apache.flume.api.NettyAvroRpcClient", "default"),
    ("org.apache.flume.api.FailoverRpcClient", "default_failover"),
    ("org.apache.flume.api.LoadBalancingRpcClient", "default_loadbalance"),
    ("org.apache.flume.api.ThriftRpcClient", "thrift"),
];

impl ClientConfig {
    /// Of the options `--host` and `--port`, or of a file.
    pub(super) fn read(properties: &Properties) -> Result<Self, ClientConfigError> {
        let (component, protocol) = component(properties)?;
        let registry = Registry::builtin();
        let kind = find(Section::Sink, protocol).map(|found| found.component);
        let settings = Settings::new(&component, kind, &registry);
        let factory = registry.make_sink(protocol, &settings);
        let mut make = factory.ok_or_else(|| ClientConfigError::Type(protocol.to_owned()))??;
        let batch_size: usize = settings.number("batch-size")?;
        Ok(Self { sink: make(), batch_size: batch_size.clamp(1, 100_000) })
    }
}

/// The properties as those of a sink, and what it speaks.
fn component(properties: &Properties) -> Result<(ComponentConfig, &'static str), ClientConfigError> {
    let setting = |entry| Setting::new(Arc::clone(entry), 0, entry.value.as_str());
    let entries: Vec<_> = properties.entries().iter().cloned().map(Arc::new).collect();
    let settings: Vec<_> = entries.iter().map(setting).collect();
    let (group, name) = (Group::Sinks, "client".to_owned());
    let mut component = ComponentConfig { group, name, listed: None, settings };
    let near = component.get("hosts").or(component.get("hostname")).ok_or(ClientConfigError::NoHost)?;
    let (kind, protocol) = client_type(component.value("client.type").unwrap_or("default"))?;
    let said = [near.supply("type", protocol), near.supply("client.type", kind)];
    component.settings.splice(..0, said);
    let system = BTreeMap::new();
    let environment = &|name: &str| std::env::var(name).ok();
    let lookups = Lookups { environment, system: &system, date: &date_now, bare_environment: false };
    tls_defaults::supply_one(&mut component, &lookups);
    Ok((component, protocol))
}

fn client_type(name: &str) -> Result<(&str, &'static str), ClientConfigError> {
    let class = CLASSES.into_iter().find(|(class, _)| *class == name);
    let kind = class.map_or(name, |(_, kind)| kind);
    match kind.to_ascii_lowercase().as_str() {
        "default" | "default_failover" | "default_loadbalance" => Ok((kind, "avro")),
        "thrift" => Ok((kind, "thrift")),
        _ => Err(ClientConfigError::Type(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClientConfig, ClientConfigError> {
        let mut properties = Properties::new();
        properties.add("client.properties", text.replace(", ", "\n").as_bytes()).unwrap();
        ClientConfig::read(&properties)
    }

    const TWO: &str = "hosts=h1 h2, hosts.h1=one:1, hosts.h2=two:2";

    #[test]
    fn every_client_of_flume_is_known_by_its_name_and_by_its_class() {
        for name in ["default", "DEFAULT_FAILOVER", "default_loadbalance", "thrift"] {
            assert!(read(&format!("{TWO}, client.type={name}")).is_ok(), "{name}");
        }
        for (class, _) in CLASSES {
            assert!(read(&format!("{TWO}, client.type={class}")).is_ok(), "{class}");
        }
        assert_eq!(read(&format!("{TWO}, batch-size=7")).unwrap().batch_size, 7);
        assert_eq!(read(TWO).unwrap().batch_size, 100);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| read(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error("client.type=default").starts_with("`hosts` names no host"));
        assert_eq!(error("hosts=h1"), "sink client: `hosts.h1` is missing");
        assert_eq!(error("hosts=h1, hosts.h1=one"), "sink client: `hosts.h1` is no host:port");
        assert_eq!(
            error(&format!("{TWO}, batch-size=x")),
            "sink client: `batch-size` is no number that fits"
        );
        assert_eq!(
            error(&format!("{TWO}, client.type=x.Own")),
            "client.type: `x.Own` is no client of Flume's"
        );
        let tls = error(&format!("{TWO}, ssl=true, truststore=/nowhere"));
        assert!(tls.starts_with("sink client: `truststore` names /nowhere, which cannot be used"), "{tls}");
    }
}
