//! Source and sink of Avro RPC.

use flowcore::base::Clock;
use flowcore::ingest::sink_policy::LoadBalancePolicy;
use flowcore_avro::{AvroSink, AvroSinkConfig, AvroSource, AvroSourceConfig, Compression, LayerOrder};
use flowcore_net::peer::{HostNames, IpFilter, IpRules};

use super::rpc::{RESET, servers};
use super::{Family, tls};
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

fn register(registry: Registry) -> Registry {
    registry.source("avro", source).sink("avro", sink)
}

fn source(settings: &Settings<'_>) -> Result<impl FnMut() -> AvroSource + Send + use<>, SettingError> {
    let config = AvroSourceConfig::new(settings.required("bind")?, settings.number("port")?)
        .compression(compression(settings, Compression::DEFLATE)?)
        .compression_tls_order(order(settings)?);
    let config = tls::server(settings)?.into_iter().fold(config, AvroSourceConfig::tls);
    let config = match ip_filter(settings)? {
        Some(filter) => config.admit_when(move |peer, here| {
            let filter = filter.clone();
            async move { filter.admits(peer, here).await }
        }),
        None => config,
    };
    Ok(move || AvroSource::new(config.clone()))
}

fn sink(settings: &Settings<'_>) -> Result<impl FnMut() -> AvroSink + Send + use<>, SettingError> {
    let config = servers_by_client(settings)?;
    let deflate = Compression::Deflate { level: settings.number("compression-level")? };
    let reset = settings.written_of(&RESET);
    let config = config
        .batch_size(settings.number("batch-size")?)
        .connect_timeout(settings.millis("connect-timeout")?)
        .request_timeout(settings.millis("request-timeout")?)
        .reset_connection_interval(settings.seconds(reset)?)
        .compression(compression(settings, deflate)?)
        .compression_tls_order(order(settings)?);
    let attempts = settings.optional("max-attempts", Settings::number)?;
    let config = attempts.into_iter().fold(config, AvroSinkConfig::max_attempts);
    let config = tls::client(settings)?.into_iter().fold(config, AvroSinkConfig::tls);
    Ok(move || AvroSink::new(config.clone()))
}

/// Which of the hosts are used, and how: Flume's default client takes the first alone.
fn servers_by_client(settings: &Settings<'_>) -> Result<AvroSinkConfig, SettingError> {
    let servers = servers(settings)?;
    let client = settings.required("client.type")?.to_ascii_lowercase();
    let used = if client == "default" { 1 } else { servers.len() };
    let mut hosts = servers.into_iter().take(used);
    let Some((host, port)) = hosts.next() else { return Err(settings.error("hosts", "names no host")) };
    let config =
        hosts.fold(AvroSinkConfig::new(host, port), |config, (host, port)| config.backup(host, port));
    match client.as_str() {
        "default" | "default_failover" => Ok(config),
        "default_loadbalance" => Ok(config.load_balance(balance(settings, used)?)),
        _ => Err(settings.error("client.type", format!("names {client}, which sends no Avro"))),
    }
}

fn balance(settings: &Settings<'_>, hosts: usize) -> Result<LoadBalancePolicy, SettingError> {
    let policy = match settings.required("host-selector")? {
        order if order.eq_ignore_ascii_case("round_robin") => LoadBalancePolicy::round_robin(hosts),
        order if order.eq_ignore_ascii_case("random") => {
            let seed = Clock::system().now().as_millis().unsigned_abs();
            LoadBalancePolicy::random(hosts, seed)
        }
        _ => return Err(settings.error("host-selector", "is neither round_robin nor random")),
    };
    let policy = policy.backoff(settings.boolean("backoff")?);
    Ok(match settings.millis("maxBackoff")? {
        most if most.is_zero() => policy,
        most => policy.max_timeout(most),
    })
}

fn ip_filter(settings: &Settings<'_>) -> Result<Option<IpFilter>, SettingError> {
    if !settings.boolean("ipFilter")? {
        return Ok(None);
    }
    let rules: Result<IpRules, _> = settings.text("ipFilterRules").unwrap_or("").parse();
    let rules = rules.map_err(|error| settings.error("ipFilterRules", error.to_string()))?;
    Ok(Some(IpFilter::new(rules, HostNames::new())))
}

fn compression(settings: &Settings<'_>, deflate: Compression) -> Result<Compression, SettingError> {
    match settings.required("compression-type")? {
        kind if kind.eq_ignore_ascii_case("none") => Ok(Compression::None),
        kind if kind.eq_ignore_ascii_case("deflate") => Ok(deflate),
        _ => Err(settings.error("compression-type", "is neither none nor deflate")),
    }
}

fn order(settings: &Settings<'_>) -> Result<LayerOrder, SettingError> {
    match settings.required("compression-tls-order")? {
        order if order.eq_ignore_ascii_case("deflate-outside") => Ok(LayerOrder::DeflateOutside),
        order if order.eq_ignore_ascii_case("tls-outside") => Ok(LayerOrder::TlsOutside),
        _ => Err(settings.error("compression-tls-order", "is neither deflate-outside nor tls-outside")),
    }
}
