use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use flowcore_avro::{AvroSinkConfig, Compression};

/// Where a client sends to.
#[derive(Debug)]
pub(super) struct ClientConfig {
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) choice: Choice,
    pub(super) batch_size: usize,
    connect_timeout: Duration,
    request_timeout: Duration,
    compression: Compression,
    max_attempts: Option<usize>,
}

/// Which of several hosts has a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The first; with others behind it, the next one when it fails.
    InOrder,
    RoundRobin {
        rests: Option<Duration>,
    },
    Random {
        rests: Option<Duration>,
    },
}

/// What is wrong with the properties of a client.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClientConfigError {
    #[error("`hosts` names no host: it is a list of words, each with its own `hosts.WORD = host:port`")]
    NoHost,
    #[error("`hosts.{alias}` is missing or no host:port")]
    Host { alias: String },
    #[error("{key}: `{value}` is not understood")]
    Value { key: &'static str, value: String },
    #[error("{key}: `{value}` is not supported here; an agent's avro sink may be")]
    NotSupported { key: &'static str, value: String },
}

type Properties = HashMap<String, String>;

impl ClientConfig {
    /// One host, and Flume's defaults.
    pub(super) fn of(host: &str, port: u16) -> Self {
        Self {
            hosts: vec![(host.to_owned(), port)],
            choice: Choice::InOrder,
            batch_size: 100,
            connect_timeout: Duration::from_secs(20),
            request_timeout: Duration::from_secs(20),
            compression: Compression::None,
            max_attempts: None,
        }
    }

    pub(super) fn read(properties: &Properties) -> Result<Self, ClientConfigError> {
        let hosts = hosts(properties)?;
        let kind = properties.get("client.type").map_or("default", |kind| kind.trim());
        let (choice, hosts) = match kind.to_ascii_lowercase().as_str() {
            "default" => (Choice::InOrder, hosts.into_iter().take(1).collect()),
            "default_failover" => (Choice::InOrder, hosts),
            "default_loadbalance" => (balance(properties)?, hosts),
            _ => return Err(not_supported("client.type", kind)),
        };
        if let Some(ssl) = properties.get("ssl").filter(|ssl| ssl.trim().eq_ignore_ascii_case("true")) {
            return Err(not_supported("ssl", ssl));
        }
        let millis = |key| number(properties, key, 20_000).map(Duration::from_millis);
        let attempts: usize = number(properties, "max-attempts", 0)?;
        Ok(Self {
            hosts,
            choice,
            batch_size: number(properties, "batch-size", 100).map(|size: usize| size.clamp(1, 100_000))?,
            connect_timeout: millis("connect-timeout")?,
            request_timeout: millis("request-timeout")?,
            compression: compression(properties)?,
            max_attempts: (attempts > 0).then_some(attempts),
        })
    }

    /// A sink for some of the hosts: the first, and the others behind it.
    pub(super) fn sink(&self, hosts: &[(String, u16)]) -> Option<AvroSinkConfig> {
        let ((host, port), backups) = hosts.split_first()?;
        let config = AvroSinkConfig::new(host.clone(), *port)
            .batch_size(self.batch_size)
            .connect_timeout(self.connect_timeout)
            .request_timeout(self.request_timeout)
            .compression(self.compression);
        let config = backups.iter().fold(config, |config, (host, port)| config.backup(host.clone(), *port));
        Some(self.max_attempts.into_iter().fold(config, AvroSinkConfig::max_attempts))
    }
}

fn hosts(properties: &Properties) -> Result<Vec<(String, u16)>, ClientConfigError> {
    let aliases = properties.get("hosts").map_or("", String::as_str);
    let host = |alias: &str| {
        let address = properties.get(&format!("hosts.{alias}"));
        let parts = address.and_then(|address| address.trim().rsplit_once(':'));
        let host = parts.and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
        host.ok_or_else(|| ClientConfigError::Host { alias: alias.to_owned() })
    };
    let hosts: Vec<_> = aliases.split_ascii_whitespace().map(host).collect::<Result<_, _>>()?;
    if hosts.is_empty() { Err(ClientConfigError::NoHost) } else { Ok(hosts) }
}

fn balance(properties: &Properties) -> Result<Choice, ClientConfigError> {
    let backs_off =
        properties.get("backoff").is_some_and(|backoff| backoff.trim().eq_ignore_ascii_case("true"));
    let most = match number(properties, "maxBackoff", 0)? {
        0 => 30_000,
        most => most,
    };
    let rests = backs_off.then(|| Duration::from_millis(most));
    let selector = properties.get("host-selector").map_or("round_robin", |selector| selector.trim());
    match selector.to_ascii_lowercase().as_str() {
        "round_robin" => Ok(Choice::RoundRobin { rests }),
        "random" => Ok(Choice::Random { rests }),
        _ => Err(not_supported("host-selector", selector)),
    }
}

fn compression(properties: &Properties) -> Result<Compression, ClientConfigError> {
    let level = number(properties, "compression-level", 6)?;
    match properties.get("compression-type").map_or("none", |kind| kind.trim()) {
        kind if kind.eq_ignore_ascii_case("none") => Ok(Compression::None),
        kind if kind.eq_ignore_ascii_case("deflate") => Ok(Compression::Deflate { level }),
        kind => Err(ClientConfigError::Value { key: "compression-type", value: kind.to_owned() }),
    }
}

fn number<N: FromStr>(
    properties: &Properties,
    key: &'static str,
    default: N,
) -> Result<N, ClientConfigError> {
    let Some(value) = properties.get(key) else { return Ok(default) };
    value.trim().parse().map_err(|_| ClientConfigError::Value { key, value: value.clone() })
}

fn not_supported(key: &'static str, value: &str) -> ClientConfigError {
    ClientConfigError::NotSupported { key, value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClientConfig, ClientConfigError> {
        let pairs = text.split(", ").filter_map(|pair| pair.split_once('='));
        ClientConfig::read(&pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    const TWO: &str = "hosts=h1 h2, hosts.h1=one:1, hosts.h2=two:2";

    #[test]
    fn a_plain_client_has_the_first_host_and_failover_all_of_them() {
        assert_eq!(read(TWO).unwrap().hosts, [("one".to_owned(), 1)]);
        let failover = read(&format!("{TWO}, client.type=default_failover, batch-size=7")).unwrap();
        assert_eq!((failover.hosts.len(), failover.choice, failover.batch_size), (2, Choice::InOrder, 7));
    }

    #[test]
    fn load_balance_goes_round_unless_it_is_random_and_rests_if_it_is_said() {
        let balance =
            |more: &str| read(&format!("{TWO}, client.type=default_loadbalance{more}")).unwrap().choice;
        assert_eq!(balance(""), Choice::RoundRobin { rests: None });
        let rests = Some(Duration::from_secs(30));
        assert_eq!(balance(", backoff=true"), Choice::RoundRobin { rests });
        let rests = Some(Duration::from_millis(5));
        assert_eq!(balance(", host-selector=RANDOM, backoff=true, maxBackoff=5"), Choice::Random { rests });
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        assert!(error("client.type=default").starts_with("`hosts` names no host"));
        assert_eq!(error("hosts=h1"), "`hosts.h1` is missing or no host:port");
        assert_eq!(error(&format!("{TWO}, batch-size=x")), "batch-size: `x` is not understood");
        assert!(
            error(&format!("{TWO}, client.type=thrift"))
                .starts_with("client.type: `thrift` is not supported")
        );
        assert!(error(&format!("{TWO}, ssl=true")).starts_with("ssl: `true` is not supported"));
    }
}
