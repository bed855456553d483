use std::time::Duration;

use super::input;
use super::pipeline::Pipeline;
use super::process::{Process, Who, folder};
use crate::{Failure, check};

const LOOK: Duration = Duration::from_millis(2);

/// Fills a file channel, kills the agent, starts it again and waits for the first event that is taken, then
/// for the last: prints how long the first took.
pub(super) async fn recovery(who: Who, size: u64) -> Result<(), Failure> {
    let folder = folder()?;
    let lines = input::lines(size).await?;
    let fill = Pipeline::default().taildir(&lines, folder.path(), "10000").file(folder.path(), 2 * size);
    let mut agent = Process::agent(who, fill.text(), folder.path())?;
    agent.until(("CHANNEL.c1", "EventPutSuccessCount"), size, LOOK).await?;
    agent.kill()?;
    let drain = Pipeline::default().file(folder.path(), 2 * size).null("1000");
    let mut agent = Process::agent(who, drain.text(), folder.path())?;
    let (first, _) = agent.until(("CHANNEL.c1", "EventTakeSuccessCount"), 1, LOOK).await?;
    let started = agent.started;
    let (_, taken) = agent.until(("CHANNEL.c1", "EventTakeSuccessCount"), size, LOOK).await?;
    check("events", size, taken)?;
    println!("{} ms-first-take of {size}", first.as_millis() - started.as_millis());
    Ok(())
}
