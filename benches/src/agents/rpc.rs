use std::fs;
use std::process::Stdio;
use std::time::Duration;

use flowcore::base::blocking;
use flowcore_testkit::free_port;

use super::cases::{Ran, print_rate};
use super::input;
use super::pipeline::Pipeline;
use super::process::{Process, Taken, Who, folder, java};
use crate::{Failure, check};

const LOOK: Duration = Duration::from_millis(5);
const CLIENT: &str = include_str!("AvroLoad.java");
const BATCH: &str = "1000";

fn receiver(port: u16) -> Pipeline {
    let keys = [("bind", "127.0.0.1"), ("port", &*port.to_string())];
    Pipeline::default().source("avro", &keys).memory().null(BATCH)
}

/// From a file through an agent's Avro sink into another agent's Avro source.
pub(super) async fn between_agents(who: Who, size: u64) -> Result<Ran, Failure> {
    let (near, far) = (folder()?, folder()?);
    let port = free_port();
    let mut far = (Process::agent(who, receiver(port).text(), far.path())?, far);
    far.0.began("SOURCE.r1").await?;
    let keys = [("hostname", "127.0.0.1"), ("port", &*port.to_string()), ("batch-size", BATCH)];
    let lines = input::lines(size).await?;
    let sender = Pipeline::default().taildir(&lines, near.path(), BATCH).memory().sink("avro", &keys);
    let mut sender = Process::agent(who, sender.text(), near.path())?;
    let from = sender.began("SOURCE.r1").await?;
    let (to, events) = far.0.until(("CHANNEL.c1", "EventTakeSuccessCount"), size, LOOK).await?;
    check("events", size, events)?;
    let (one, other) = (sender.taken()?, far.0.taken()?);
    let taken = Taken { cpu: one.cpu + other.cpu, peak: one.peak.max(other.peak), resident: one.resident };
    Ok(Ran { from, to, taken })
}

/// From Flume's own client, one thread, after a quarter of it to get warm.
pub(super) async fn from_client(who: Who, size: u64) -> Result<(), Failure> {
    let folder = folder()?;
    let port = free_port();
    let mut agent = Process::agent(who, receiver(port).text(), folder.path())?;
    agent.began("SOURCE.r1").await?;
    let program = folder.path().join("AvroLoad.java");
    fs::write(&program, CLIENT)?;
    let mut client = java()?;
    let numbers = [port.to_string(), BATCH.to_owned(), size.to_string(), (size / 4).to_string()];
    client.arg(program).args(numbers).stdin(Stdio::null()).stderr(Stdio::inherit());
    let said = blocking(move || client.output()).await??;
    let seconds = String::from_utf8(said.stdout)?.trim().parse()?;
    let (_, events) = agent.until(("CHANNEL.c1", "EventTakeSuccessCount"), size + size / 4, LOOK).await?;
    check("events", size + size / 4, events)?;
    print_rate(size, seconds);
    Ok(())
}
