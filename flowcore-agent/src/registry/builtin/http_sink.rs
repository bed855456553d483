//! The sink that posts.

use flowcore_net::{HttpSink, HttpSinkConfig, HttpSinkCounts, StatusRules};

use super::{Family, tls};
use crate::registry::{Registry, SettingError, Settings};
use crate::tls_defaults::is_https;

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

fn register(registry: Registry) -> Registry {
    registry.sink("http", http)
}

fn http(settings: &Settings<'_>) -> Result<impl FnMut() -> HttpSink + Send + use<>, SettingError> {
    let wrong =
        |key: &'static str| move |error: flowcore_net::HttpSinkError| settings.error(key, error.to_string());
    let text = |key: &'static str| settings.required(key);
    let config = HttpSinkConfig::new(text("endpoint")?).map_err(wrong("endpoint"))?;
    let config = config.content_type(text("contentTypeHeader")?).map_err(wrong("contentTypeHeader"))?;
    let config = config.accept(text("acceptHeader")?).map_err(wrong("acceptHeader"))?;
    let config = config
        .connect_timeout(settings.millis("connectTimeout")?)
        .request_timeout(settings.millis("requestTimeout")?)
        .backoff(rules(settings, "defaultBackoff", "backoff.")?)
        .rollback(rules(settings, "defaultRollback", "rollback.")?)
        .increment_metrics(rules(settings, "defaultIncrementMetrics", "incrementMetrics.")?);
    let config = if is_https(text("endpoint")?) { config.tls(tls::trusting(settings)?) } else { config };
    let counts = HttpSinkCounts::default();
    Ok(move || HttpSink::new(config.clone()).with_counts(&counts))
}

/// `rollback.200`, `rollback.2XX`, and what holds for all others.
fn rules(settings: &Settings<'_>, default: &str, prefix: &str) -> Result<StatusRules, SettingError> {
    let mut rules = StatusRules::new(settings.boolean(default)?);
    let statuses: Vec<&str> = settings.written().filter_map(|(key, _)| key.strip_prefix(prefix)).collect();
    for status in statuses {
        let key = format!("{prefix}{status}");
        let holds = settings.boolean(&key)?;
        rules = rules.with(status, holds).map_err(|error| settings.error(&key, error.to_string()))?;
    }
    Ok(rules)
}
