use std::path::PathBuf;

use flowcore::base::Clock;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::TailProgress;
use flowcore::ingest::{AgentBuilder, AgentHandle, MemoryChannel};
use flowcore_redis::{ListSink, ListSinkConfig, RedisConfig};

use super::Failure;
use super::tail::POSITIONS_FILE;
use crate::generator::ORDERS_FILE;
use crate::order::MAX_LINE_BYTES;
use crate::queue::{OrderFilter, QUEUE};

/// The collecting half: file, memory channel, queue. What was pushed is remembered in the Redis together with
/// the push, so that after a crash no line is pushed twice.
pub(super) async fn start(
    url: &str,
    dir: &std::path::Path,
    tail: &TailProgress,
    clock: &Clock,
) -> Result<AgentHandle, Failure> {
    std::fs::create_dir_all(dir)?;
    let filter = OrderFilter::new(dir)?;
    let (followed, progress): (PathBuf, _) = (dir.to_owned(), tail.clone());
    let config = ListSinkConfig::new(RedisConfig::new(url), QUEUE).exactly_once("file", "end");
    let agent = AgentBuilder::new("collect")
        .clock(clock.clone())
        .channel("memory", MemoryChannel::builder().capacity(10_000))
        .source("tail", move || {
            TailSource::new([followed.join(ORDERS_FILE)])
                .with_position_headers()
                .positions(followed.join(POSITIONS_FILE))
                .max_line(MAX_LINE_BYTES)
                .with_progress(progress.clone())
        })
        .interceptor(filter)
        .into(["memory"])
        .sink("redis", move || ListSink::new(config.clone()))
        .batch(500)
        .from("memory")
        .build()?
        .start()
        .await?;
    Ok(agent)
}
