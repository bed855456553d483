//! The program itself, started by a test on a folder of its own and killed with it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use coffee_orders::generator::ORDERS_FILE;
use flowcore::base::{Clock, Stopwatch};
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(1);
const STEP: Duration = Duration::from_millis(5);

/// Where the program keeps what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Embedded,
    /// In the Redis at this address.
    Redis(String),
}

/// A folder with everything that runs of the program leave there.
pub(crate) struct Home {
    folder: TempDir,
    form: Form,
}

impl Home {
    pub(crate) fn new(form: Form) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), form }
    }

    /// What is given as `--dir`; the program makes it.
    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Something beside the program's folder.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn orders(&self) -> Vec<u8> {
        fs::read(self.file(ORDERS_FILE)).unwrap_or_default()
    }

    /// How many whole lines the file of orders has.
    pub(crate) fn lines(&self) -> usize {
        self.orders().split(|byte| *byte == b'\n').count() - 1
    }

    /// Appends to the file of orders in one write, as another program would.
    pub(crate) fn append(&self, bytes: impl AsRef<[u8]>) {
        append(&self.file(ORDERS_FILE), bytes.as_ref());
    }

    /// The program with these arguments and nothing else. It dies with the thread that starts it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_coffee-orders")]).args(arguments);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// All of the program, with a page at a free port.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        let dir = self.dir();
        let mut all = vec!["--dir", dir.to_str().unwrap()];
        if !arguments.contains(&"--port") {
            all.extend(["--port", "0"]);
        }
        if let Form::Redis(address) = &self.form {
            all.extend(["--redis", address]);
        }
        all.extend(arguments);
        self.start_part("", &all)
    }

    /// The program with these arguments alone. What it prints is kept under `name`.
    pub(crate) fn start_part(&self, name: &str, arguments: &[&str]) -> Program {
        let out = self.outside(&format!("{name}stdout"));
        let errors = self.outside(&format!("{name}stderr"));
        let mut command = self.command(arguments);
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&errors).unwrap());
        Program { child: command.spawn().unwrap(), out, errors }
    }

    /// Runs the program to its end, with these arguments alone.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What is stored, as `dump --json` prints it.
    pub(crate) fn dump(&self) -> Value {
        let dir = self.dir();
        let mut arguments = vec!["dump", "--json", "--dir", dir.to_str().unwrap()];
        if let Form::Redis(address) = &self.form {
            arguments.extend(["--redis", address]);
        }
        json_of(&self.output(&arguments))
    }
}

/// What a run that went well has printed.
pub(crate) fn json_of(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn append(file: &Path, bytes: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(bytes).unwrap();
}

pub(crate) async fn pause(time: Duration) {
    Clock::system().sleep(time).await;
}

/// Waits until `done` gives something.
pub(crate) async fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let watch = Clock::system().stopwatch();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(watch.elapsed() < PATIENCE, "it never came: {what}");
        pause(STEP).await;
    }
}

pub(crate) fn stopwatch() -> Stopwatch {
    Clock::system().stopwatch()
}

/// The most memory that a process ever had, in KB.
pub(crate) fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}

/// A run of the program.
pub(crate) struct Program {
    child: Child,
    out: PathBuf,
    errors: PathBuf,
}

impl Program {
    /// What it has printed so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    pub(crate) fn complained(&self) -> String {
        fs::read_to_string(&self.errors).unwrap()
    }

    /// Where its page is, as soon as it says so.
    pub(crate) async fn page(&mut self) -> SocketAddr {
        loop {
            let said = self.said();
            let address = said.lines().find_map(|line| line.strip_prefix("the page is at http://"));
            if let Some(address) = address.filter(|_| said.contains('\n')) {
                return address.parse().unwrap();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}: {}", self.complained());
            pause(STEP).await;
        }
    }

    /// As the system kills what must not live on: no code of the program runs after this.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    /// As the system does before it goes down.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let watch = stopwatch();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            let (said, complained) = (self.said(), self.complained());
            assert!(watch.elapsed() < PATIENCE, "it does not end; it said {said}, and {complained}");
            pause(STEP).await;
        }
    }

    /// Waits until it has ended by itself, and well.
    pub(crate) async fn succeeds(&mut self) -> String {
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}\n{}", self.said(), self.complained());
        self.said()
    }

    /// Ctrl-C, and what it printed.
    pub(crate) async fn stop(mut self) -> String {
        self.interrupt();
        self.succeeds().await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
