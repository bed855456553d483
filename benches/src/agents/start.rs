use std::fs;
use std::time::Duration;

use super::pipeline::Pipeline;
use super::process::{Process, Who, folder};
use crate::Failure;

/// Starts an agent that has nothing to do, and looks at it after `seconds`.
#[expect(clippy::cast_precision_loss, reason = "they are rounded anyway")]
pub(super) async fn run(who: Who, seconds: u64) -> Result<(), Failure> {
    let folder = folder()?;
    let (empty, out) = (folder.path().join("empty.log"), folder.path().join("out"));
    fs::write(&empty, "")?;
    fs::create_dir(&out)?;
    let pipeline = Pipeline::default().taildir(&empty, folder.path(), "100").memory().file_roll(&out, "100");
    let mut agent = Process::agent(who, pipeline.text(), folder.path())?;
    let running = agent.began("SOURCE.r1").await?;
    agent.clock.sleep(Duration::from_secs(seconds)).await;
    let taken = agent.taken()?;
    println!("{} ms-start of {seconds}", running.as_millis() - agent.started.as_millis());
    println!("{:.1} MiB-idle of {seconds}", taken.resident as f64 / 1_048_576.0);
    Ok(())
}
