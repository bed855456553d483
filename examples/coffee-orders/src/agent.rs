//! The author's own sink, by its old name, in agents of Flume's configuration files.

use flowcore_agent::registry::{Registry, SettingError, Settings};
use flowcore_redis::{ListSink, ListSinkConfig, RedisConfig};

/// What stands behind `type =` in the original's configuration.
pub const REDIS_SINK: &str = "practice.bigdata.realtimeprocessing.flume.sink.RedisSink";

/// The types of Flume, and the sink that pushes orders into the queue.
///
/// ```
/// use coffee_orders::agent::registry;
/// use flowcore_agent::AgentFile;
///
/// let checked = AgentFile::from_properties(include_str!("../flume.conf")).registry(registry()).check()?;
/// assert!(checked.diagnostics.iter().all(|said| said.code == "tail-by-exec"));
/// # Ok::<(), flowcore_agent::properties::LoadError>(())
/// ```
pub fn registry() -> Registry {
    Registry::builtin().sink(REDIS_SINK, redis_sink)
}

/// `redisHost`, `redisPort` and `redisKey`. The original pushed one order a transaction and lost it when the
/// answer was none; this one pushes what it is given at once, and again until the server has answered.
fn redis_sink(settings: &Settings<'_>) -> Result<impl FnMut() -> ListSink + Send + use<>, SettingError> {
    let host = settings.text("redisHost").unwrap_or("localhost");
    let port: u16 = settings.text("redisPort").map_or(Ok(6379), |_| settings.number("redisPort"))?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if !host.chars().all(is_host) {
        return Err(settings.error("redisHost", "is no host name and no address"));
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let redis = RedisConfig::new(format!("redis://{host}:{port}"));
    let config = ListSinkConfig::new(redis, settings.required("redisKey")?);
    Ok(move || ListSink::new(config.clone()))
}
