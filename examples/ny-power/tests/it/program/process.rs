//! A process of the test's own, which does not outlive it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Call it from the test's own thread: the process is killed when that ends.
    pub(crate) fn start<A: AsRef<OsStr>>(program: &str, arguments: &[A], log: &Path, password: &str) -> Self {
        let out = File::options().create(true).append(true).open(log).unwrap();
        // Debian has some programs where only root looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", program])
            .args(arguments)
            .env("PATH", path)
            .env("MQTT_PUMP_PASS", password)
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        Self { child, log: log.to_owned() }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn kill(&mut self) {
        // One that has ended by itself is as good as killed.
        drop(self.child.kill());
        self.child.wait().unwrap();
    }

    /// As Ctrl-C does.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::INT).await
    }

    /// As those do who run services.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM).await
    }

    async fn signal(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.end().await
    }

    /// Waits until it ends by itself.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let (clock, watch) = (Clock::system(), Clock::system().stopwatch());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(watch.elapsed() < PATIENCE, "it goes on and on:\n{}", self.said());
            clock.sleep(Duration::from_millis(5)).await;
        }
    }

    /// What it has written so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
