//! What the example program takes from the machine while it does what it usually does: 40 orders a second.
//! It is read from `/proc`, so on Linux only.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;

use crate::Failure;

/// The program starts, and what it takes settles.
const START: Duration = Duration::from_secs(2);
/// Linux counts a process's time in hundredths of a second, on every machine that it runs on today.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// Resident memory, in mebibytes.
    pub memory: f64,
    /// Of one core, in percent.
    pub cpu: f64,
}

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program that lies beside us and watches it for `time`.
///
/// # Errors
/// When it does not start, or `/proc` says nothing of it.
pub async fn watch(time: Duration) -> Result<Taken, Failure> {
    let folder = tempfile::tempdir()?;
    let beside = std::env::current_exe()?.with_file_name("coffee-orders");
    let child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .arg(&beside)
        .args(["--port", "0", "--dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut program = Program(child);
    let clock = Clock::system();
    clock.sleep(START).await;
    let process = format!("/proc/{}", program.0.id());
    let before = ticks(&process)?;
    let stopwatch = clock.stopwatch();
    clock.sleep(time).await;
    let taken = ticks(&process)? - before;
    if let Some(status) = program.0.try_wait()? {
        return Err(format!("{} has ended: {status}", beside.display()).into());
    }
    let cpu = taken / TICKS_PER_SECOND / stopwatch.elapsed().as_secs_f64() * 100.0;
    Ok(Taken { memory: memory(&process)?, cpu })
}

/// The time it has had so far, its own and the system's for it.
fn ticks(process: &str) -> Result<f64, Failure> {
    let stat = std::fs::read_to_string(Path::new(process).join("stat"))?;
    // Its name stands in parentheses and may have blanks; the two times are the 14th and 15th fields.
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let times = behind_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let times = times.collect::<Result<Vec<_>, _>>()?;
    if times.len() == 2 { Ok(times.iter().sum()) } else { Err(unreadable("stat").into()) }
}

fn memory(process: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(Path::new(process).join("status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| unreadable("status"))?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

fn unreadable(file: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("/proc says nothing of it in `{file}`"))
}
