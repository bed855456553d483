//! Agents that come and go in one folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// An agent `a1` in a process of its own, killed with the test.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// `NAME.conf` of the folder; what it logs is in `NAME.log`.
    pub(crate) fn start(folder: &Path, name: &str) -> Self {
        Self::start_by(&["setpriv", "--pdeathsig", "KILL"], folder, name)
    }

    /// By another program, which becomes the agent.
    pub(crate) fn start_by(by: &[&str], folder: &Path, name: &str) -> Self {
        let log = folder.join(name).with_extension("log");
        let child = Command::new(by[0])
            .args(&by[1..])
            .args([env!("CARGO_BIN_EXE_flowcore"), "agent", "-n", "a1", "-f"])
            .arg(folder.join(name).with_extension("conf"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it says that it runs.
    pub(crate) fn until_it_runs(&mut self) {
        until("the start of an agent", || self.log().contains(" runs ") || !self.is_running());
        assert!(self.is_running(), "it ended: {}", self.log());
    }

    /// Waits for its own end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("the end of an agent", || !self.is_running());
        self.child.wait().unwrap()
    }

    /// As a loss of power to the process: nothing of it runs on.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn stop(mut self) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.wait();
        assert!(status.success(), "{status}: {}", self.log());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says what a test that holds has counted, also where the output of such tests is kept back.
pub(crate) fn report(counted: &str) {
    let _ = writeln!(std::io::stderr(), "   {counted}");
}

/// Writes `NAME.conf`, with `{dir}` for the folder.
pub(crate) fn configure(folder: &Path, name: &str, conf: &str) {
    let text = conf.replace("{dir}", folder.to_str().unwrap());
    fs::write(folder.join(name).with_extension("conf"), text).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a process is to be somewhere in its work")]
pub(crate) fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Waits for a condition. The machine may be busy.
#[expect(clippy::disallowed_methods, reason = "real programs are waited for")]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_mins(2), "{what} does not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}
