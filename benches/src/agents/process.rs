use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore_testkit::{Flume, free_port};
use tempfile::TempDir;

use super::metrics::Metrics;
use crate::Failure;

/// Who runs a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Flowcore,
    Flume,
}

/// As much as it likes, and the collector with the most throughput.
const HEAP: [&str; 3] = ["-Xms2g", "-Xmx2g", "-XX:+UseParallelGC"];

/// An agent that runs. It ends with us.
pub(super) struct Process {
    child: Child,
    port: u16,
    pub(super) clock: Clock,
    pub(super) started: Timestamp,
}

/// What it took of the machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) cpu: Duration,
    /// Bytes.
    pub(super) peak: u64,
    pub(super) resident: u64,
}

impl Process {
    /// Starts the agent `a1` of `configuration` in `folder`.
    pub(super) fn agent(who: Who, configuration: &str, folder: &Path) -> Result<Self, Failure> {
        let file = folder.join("flume.conf");
        fs::write(&file, configuration)?;
        let port = free_port();
        let mut command = match who {
            Who::Flowcore => flowcore()?,
            Who::Flume => flume()?,
        };
        command.args(["-n", "a1", "--no-reload-conf", "-f"]).arg(file);
        let monitoring =
            ["-Dflume.monitoring.type=http".to_owned(), format!("-Dflume.monitoring.port={port}")];
        if who == Who::Flowcore {
            command.args(monitoring);
        } else {
            // The machine's properties stand before the class: the shell of Flume puts them there.
            command.env("JAVA_TOOL_OPTIONS", monitoring.join(" "));
        }
        Self::start(command, port, folder)
    }

    fn start(mut command: Command, port: u16, folder: &Path) -> Result<Self, Failure> {
        let clock = Clock::system();
        let log = File::create(folder.join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).current_dir(folder);
        let started = clock.now();
        Ok(Self { child: command.spawn()?, port, clock, started })
    }

    pub(super) fn metrics(&self) -> Option<Metrics> {
        Metrics::of(self.port)
    }

    /// Waits until a number of a component is at least `least`; when it was seen, and the number.
    pub(super) async fn until(
        &mut self,
        (component, member): (&str, &str),
        least: u64,
        every: Duration,
    ) -> Result<(Timestamp, u64), Failure> {
        /// Without any progress.
        const PATIENCE: Duration = Duration::from_mins(1);
        let mut waited = Duration::ZERO;
        let mut best = 0;
        loop {
            let found = self.metrics().map_or(0, |metrics| metrics.number(component, member));
            if found >= least {
                return Ok((self.clock.now(), found));
            }
            waited = if found > best { Duration::ZERO } else { waited + every };
            best = best.max(found);
            if waited > PATIENCE || self.child.try_wait()?.is_some() {
                return Err(format!("{component}.{member} stays at {found} of {least}").into());
            }
            self.clock.sleep(every).await;
        }
    }

    /// When its component began, as it says itself.
    pub(super) async fn began(&mut self, component: &str) -> Result<Timestamp, Failure> {
        let (_, millis) = self.until((component, "StartTime"), 1, Duration::from_millis(2)).await?;
        Ok(Timestamp::from_millis(i64::try_from(millis)?))
    }

    /// What it has taken so far.
    pub(super) fn taken(&self) -> Result<Taken, Failure> {
        /// Ticks of the system's account, in all of Linux.
        const TICK: Duration = Duration::from_millis(10);
        let process = PathBuf::from("/proc").join(self.child.id().to_string());
        let stat = fs::read_to_string(process.join("stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        // User, system, and those of children that ended.
        let ticks: u32 = fields.iter().skip(11).take(4).filter_map(|field| field.parse::<u32>().ok()).sum();
        let status = fs::read_to_string(process.join("status"))?;
        let kilobytes = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
        };
        let (peak, resident) = (kilobytes("VmHWM:") * 1024, kilobytes("VmRSS:") * 1024);
        Ok(Taken { cpu: TICK * ticks, peak, resident })
    }

    /// Ends it at once, as a loss of power does.
    pub(super) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends with us, whatever happens.
fn bound(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// The program that was built beside this one.
fn flowcore() -> Result<Command, Failure> {
    let mut command = bound(&std::env::current_exe()?.with_file_name("flowcore"));
    command.arg("agent");
    Ok(command)
}

fn flume() -> Result<Command, Failure> {
    let mut command = java()?;
    command.arg("org.apache.flume.node.Application");
    Ok(command)
}

/// Java with all of Flume in its path.
pub(super) fn java() -> Result<Command, Failure> {
    let built = std::env::current_exe()?;
    // Of `TARGET/bench/release/flowcore-bench-agents`.
    let target = built.ancestors().nth(3).ok_or("there is no target folder")?;
    let mut command = bound(Path::new("java"));
    command.args(HEAP).arg("-cp").arg(Flume::installed(target.join("tmp")).jars().join("*"));
    Ok(command)
}

/// A folder for a run, on a disk.
pub(super) fn folder() -> Result<TempDir, Failure> {
    // Not in memory, where a sync costs nothing.
    Ok(tempfile::tempdir_in(std::env::current_dir()?)?)
}
