use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use flowcore::base::{Clock, Timestamp, blocking};

use super::pipeline::Pipeline;
use super::process::{Process, Taken, Who, folder};
use super::{LINE, channel, input, rpc, start};
use crate::{Failure, check, file_channel};

/// Of sources and sinks, unless their name says another one.
const BATCH: &str = "1000";
/// How often progress is looked at: a run of ours takes some tenths of a second.
const LOOK: Duration = Duration::from_millis(5);

/// Runs one contestant: Flume's begin with `flume-`. Those that end in `-rate` tell nothing but the rate.
///
/// # Errors
/// When an agent does not start or does other work.
pub async fn run(name: &str, size: u64) -> Result<(), Failure> {
    let (who, name) = match name.strip_prefix("flume-") {
        Some(name) => (Who::Flume, name),
        None => (Who::Flowcore, name),
    };
    let (name, only_rate) = match name.strip_suffix("-rate") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let ran = match name {
        "cat" => return cat(size).await,
        "plain-file" => return plain_file(size),
        "start" => return start::run(who, size).await,
        "recovery" => return channel::recovery(who, size).await,
        "avro-client" => return rpc::from_client(who, size).await,
        "avro" => rpc::between_agents(who, size).await?,
        "taildir-roll" => to_files(who, size).await?,
        _ => to_null(name, who, size).await?,
    };
    ran.print(size, only_rate);
    Ok(())
}

/// How long it took, and what.
pub(super) struct Ran {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) taken: Taken,
}

impl Ran {
    #[expect(clippy::cast_precision_loss, reason = "they are rounded anyway")]
    fn print(&self, events: u64, only_rate: bool) {
        let millis = (self.to.as_millis() - self.from.as_millis()).max(1);
        println!("{:.0} events/s of {events}", events as f64 * 1_000.0 / millis as f64);
        if !only_rate {
            let cpu = self.taken.cpu.as_secs_f64() * 1e6 / events as f64;
            println!("{cpu:.4} us-cpu of {events}");
            println!("{:.1} MiB-peak of {events}", self.taken.peak as f64 / 1_048_576.0);
        }
    }
}

/// Everything ends in a null sink, and the channel counts.
async fn to_null(name: &str, who: Who, size: u64) -> Result<Ran, Failure> {
    let folder = folder()?;
    let pipeline = source(name, size, folder.path()).await?;
    let pipeline = match name.strip_prefix("file-") {
        Some(batch) => pipeline.file(folder.path(), 1_000_000).null(batch),
        None => pipeline.memory().null(BATCH),
    };
    let mut agent = Process::agent(who, pipeline.text(), folder.path())?;
    // Flume's source of stress has no counters.
    let begin = if name == "stress-null" { "CHANNEL.c1" } else { "SOURCE.r1" };
    let from = agent.began(begin).await?;
    let (to, events) = agent.until(("CHANNEL.c1", "EventTakeSuccessCount"), size, LOOK).await?;
    check("events", size, events)?;
    Ok(Ran { from, to, taken: agent.taken()? })
}

async fn source(name: &str, size: u64, folder: &Path) -> Result<Pipeline, Failure> {
    let (pipeline, count) = (Pipeline::default(), size.to_string());
    Ok(match name {
        "taildir-null" => pipeline.taildir(&input::lines(size).await?, folder, BATCH),
        "exec-null" => {
            let command = format!("cat {}", input::lines(size).await?.display());
            pipeline.source("exec", &[("command", &*command), ("batchSize", BATCH)])
        }
        "spooldir-null" => {
            let spool = folder.join("spool");
            fs::create_dir(&spool)?;
            let (lines, spooled) = (input::lines(size).await?, spool.join("lines.log"));
            // Another name of the same file, where the disk is the same.
            fs::hard_link(&lines, &spooled).or_else(|_| fs::copy(&lines, &spooled).map(drop))?;
            pipeline.source("spooldir", &[("spoolDir", &*spool.to_string_lossy()), ("batchSize", BATCH)])
        }
        "seq-null" => pipeline.source("seq", &[("totalEvents", &*count), ("batchSize", BATCH)]),
        "stress-null" => {
            let keys = [("size", "200"), ("maxTotalEvents", &*count), ("batchSize", BATCH)];
            pipeline.source("org.apache.flume.source.StressSource", &keys)
        }
        "file-100" | "file-1000" | "file-10000" => {
            pipeline.taildir(&input::lines(size).await?, folder, name.trim_start_matches("file-"))
        }
        _ => return Err("no such contestant".into()),
    })
}

/// The file that is written is the file that was read.
async fn to_files(who: Who, size: u64) -> Result<Ran, Failure> {
    let folder = folder()?;
    let (lines, out) = (input::lines(size).await?, folder.path().join("out"));
    fs::create_dir(&out)?;
    let pipeline = Pipeline::default().taildir(&lines, folder.path(), BATCH).memory().file_roll(&out, BATCH);
    let mut agent = Process::agent(who, pipeline.text(), folder.path())?;
    let from = agent.began("SOURCE.r1").await?;
    let (to, file) = written(&agent.clock, &out, size * LINE).await?;
    let taken = agent.taken()?;
    agent.kill()?;
    let same = blocking(move || input::same(&lines, &file)).await??;
    if same { Ok(Ran { from, to, taken }) } else { Err("what was written is not what was read".into()) }
}

/// Waits until one file in `folder` has `size` bytes.
async fn written(clock: &Clock, folder: &Path, size: u64) -> Result<(Timestamp, PathBuf), Failure> {
    const LONGEST: u32 = 60_000;
    for _ in 0..LONGEST {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.metadata()?.len() >= size {
                return Ok((clock.now(), entry.path()));
            }
        }
        clock.sleep(LOOK).await;
    }
    Err("the file does not grow to its size".into())
}

/// What the machine can at most.
async fn cat(size: u64) -> Result<(), Failure> {
    let folder = folder()?;
    let (lines, out) = (input::lines(size).await?, folder.path().join("out"));
    let mut command = Command::new("cat");
    command.arg(lines).stdout(fs::File::create(&out)?).stdin(Stdio::null());
    let stopwatch = Clock::system().stopwatch();
    let status = blocking(move || command.status()).await??;
    let elapsed = stopwatch.elapsed().as_secs_f64();
    check("bytes", size * LINE, fs::metadata(out)?.len())?;
    if !status.success() {
        return Err("cat failed".into());
    }
    print_rate(size, elapsed);
    Ok(())
}

/// The same bytes written once, and synced once.
fn plain_file(size: u64) -> Result<(), Failure> {
    let folder = folder()?;
    let plain = file_channel::PlainFile::new(folder.path())?;
    let stopwatch = Clock::system().stopwatch();
    plain.write(size, 10_000)?;
    print_rate(size, stopwatch.elapsed().as_secs_f64());
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
pub(super) fn print_rate(events: u64, seconds: f64) {
    println!("{:.0} events/s of {events}", events as f64 / seconds);
}
