use std::collections::BTreeMap;

/// Where a [`Monitor`](super::Monitor) listens, and what it says at `/metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorConfig {
    /// What `/metrics` has.
    pub format: MonitorFormat,
    /// The address to listen on. Default `127.0.0.1`.
    pub host: String,
    /// The port; 0 is any free one. Default 41414.
    pub port: u16,
}

/// What `/metrics` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MonitorFormat {
    /// Flume's JSON.
    #[default]
    FlumeJson,
    /// The text of Prometheus.
    Prometheus,
}

/// What the properties `flume.monitoring.*` ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MonitorPlan {
    /// The monitor; none was asked for.
    pub config: Option<MonitorConfig>,
    /// Properties without effect.
    pub without_effect: Vec<String>,
}

/// Why the properties `flume.monitoring.*` cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorConfigError {
    /// Known to Flume, and not here.
    #[error("flume.monitoring.type={written} is not supported: use `prometheus` or `http`")]
    NotSupported {
        /// What was written.
        written: String,
    },
    /// Neither a known word nor a class of Flume's.
    #[error("flume.monitoring.type={written} is not known: it is `http`, `prometheus` or `none`")]
    Unknown {
        /// What was written.
        written: String,
    },
    /// No port.
    #[error("flume.monitoring.port={written} is no port: it is a number from 0 to 65535")]
    Port {
        /// What was written.
        written: String,
    },
}

const TYPE: &str = "flume.monitoring.type";
const PORT: &str = "flume.monitoring.port";
const HOST: &str = "flume.monitoring.host";

impl Default for MonitorConfig {
    fn default() -> Self {
        Self { format: MonitorFormat::default(), host: "127.0.0.1".to_owned(), port: 41414 }
    }
}

impl MonitorPlan {
    /// Reads the properties `flume.monitoring.*` out of those that `-D` set.
    ///
    /// # Errors
    /// [`MonitorConfigError`].
    ///
    /// ```
    /// use flowcore_agent::monitor::MonitorPlan;
    ///
    /// let set = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    /// let plan = MonitorPlan::read(&set(&[("flume.monitoring.type", "http")]))?;
    /// assert_eq!(plan.config.unwrap().port, 41414);
    /// let ganglia = MonitorPlan::read(&set(&[("flume.monitoring.type", "ganglia")]));
    /// assert_eq!(
    ///     ganglia.unwrap_err().to_string(),
    ///     "flume.monitoring.type=ganglia is not supported: use `prometheus` or `http`"
    /// );
    /// # Ok::<(), flowcore_agent::monitor::MonitorConfigError>(())
    /// ```
    pub fn read(system: &BTreeMap<String, String>) -> Result<Self, MonitorConfigError> {
        let format = system.get(TYPE).map_or(Ok(None), |written| format_named(written.trim()))?;
        let others = system.keys().filter(|key| key.starts_with("flume.monitoring."));
        let Some(format) = format else {
            let without_effect = others.filter(|key| *key != TYPE).cloned().collect();
            return Ok(Self { config: None, without_effect });
        };
        let default = MonitorConfig::default();
        let host = system.get(HOST).map_or(default.host, |host| host.trim().to_owned());
        let port = system.get(PORT).map_or(Ok(default.port), |written| port_of(written))?;
        let known = [TYPE, PORT, HOST];
        let without_effect = others.filter(|key| !known.contains(&key.as_str())).cloned().collect();
        Ok(Self { config: Some(MonitorConfig { format, host, port }), without_effect })
    }
}

fn port_of(written: &str) -> Result<u16, MonitorConfigError> {
    written.trim().parse().map_err(|_| MonitorConfigError::Port { written: written.to_owned() })
}

fn format_named(written: &str) -> Result<Option<MonitorFormat>, MonitorConfigError> {
    match written.to_ascii_lowercase().as_str() {
        "http" | "org.apache.flume.instrumentation.http.httpmetricsserver" => {
            Ok(Some(MonitorFormat::FlumeJson))
        }
        "prometheus"
        | "org.apache.flume.instrumentation.http.prometheusmetricsserver"
        | "org.apache.flume.instrumentation.prometheus.prometheushttpmetricsserver" => {
            Ok(Some(MonitorFormat::Prometheus))
        }
        "none" | "other" | "" => Ok(None),
        "ganglia" | "org.apache.flume.instrumentation.gangliaserver" => {
            Err(MonitorConfigError::NotSupported { written: written.to_owned() })
        }
        class if class.contains('.') => Err(MonitorConfigError::NotSupported { written: written.to_owned() }),
        _ => Err(MonitorConfigError::Unknown { written: written.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<MonitorPlan, MonitorConfigError> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        MonitorPlan::read(&pairs.collect())
    }

    #[test]
    fn types_are_taken_in_any_case_and_by_class_or_refused() {
        let format = |written| read(&[(TYPE, written)]).map(|plan| plan.config.map(|config| config.format));
        for written in ["http", "HTTP", " http ", "org.apache.flume.instrumentation.http.HTTPMetricsServer"] {
            assert_eq!(format(written), Ok(Some(MonitorFormat::FlumeJson)), "{written}");
        }
        assert_eq!(format("Prometheus"), Ok(Some(MonitorFormat::Prometheus)));
        assert_eq!(format("none"), Ok(None));
        for written in ["ganglia", "com.example.OwnServer"] {
            let error = MonitorConfigError::NotSupported { written: written.to_owned() };
            assert_eq!(format(written), Err(error));
        }
        assert_eq!(format("htpp"), Err(MonitorConfigError::Unknown { written: "htpp".to_owned() }));
    }

    #[test]
    fn host_and_port_are_read_and_what_has_no_effect_is_named() {
        let plan = read(&[(TYPE, "http"), (PORT, "0"), (HOST, "0.0.0.0"), ("flume.monitoring.hosts", "x:1")]);
        let plan = plan.unwrap();
        let config = plan.config.unwrap();
        assert_eq!((config.host.as_str(), config.port), ("0.0.0.0", 0));
        assert_eq!(plan.without_effect, ["flume.monitoring.hosts"]);
        assert_eq!(read(&[(PORT, "1")]).unwrap().without_effect, [PORT]);
        let port = read(&[(TYPE, "http"), (PORT, "65536")]);
        assert_eq!(port, Err(MonitorConfigError::Port { written: "65536".to_owned() }));
    }
}
