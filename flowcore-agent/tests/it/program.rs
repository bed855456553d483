//! The program with a configuration, in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Whatever the tests themselves ignore.
const HEEDS_HANGUP: &str = "--default-signal=HUP";

/// A running program, killed with the test.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) folder: TempDir,
}

impl Program {
    /// `{dir}` in the configuration is a temporary folder.
    pub(crate) fn start(conf: &str, arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), conf, arguments)
    }

    pub(crate) fn start_in(folder: TempDir, conf: &str, arguments: &[&str]) -> Self {
        Self::start_with(folder, conf, arguments, &[])
    }

    /// With these variables in its environment.
    pub(crate) fn start_with(
        folder: TempDir,
        conf: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        Self::start_saying_to(log, folder, conf, arguments, (variables, HEEDS_HANGUP))
    }

    /// As `nohup` starts it.
    pub(crate) fn start_ignoring_hangup(conf: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        Self::start_saying_to(log, folder, conf, &[], (&[], "--ignore-signal=HUP"))
    }

    /// Where its log goes, nothing can be written.
    pub(crate) fn start_unheard(conf: &str) -> Self {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        Self::start_saying_to(full, tempfile::tempdir().unwrap(), conf, &[], (&[], HEEDS_HANGUP))
    }

    fn start_saying_to(
        log: fs::File,
        folder: TempDir,
        conf: &str,
        arguments: &[&str],
        (variables, hangup): (&[(&str, &str)], &str),
    ) -> Self {
        let file = folder.path().join("flume.conf");
        fs::write(&file, conf.replace("{dir}", folder.path().to_str().unwrap())).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "env", hangup])
            .args([env!("CARGO_BIN_EXE_flowcore"), "agent", "-n", "a1", "-f"])
            .arg(file)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Signals until it ends at once: one that comes too soon after the first is taken for its echo.
    pub(crate) fn insist(&self, name: &str) {
        let pid = self.child.id().to_string();
        self.until("the end at once", || {
            // It may have ended meanwhile.
            let _ = Command::new("kill").args([name, &pid]).status().unwrap();
            self.log().contains("ends at once")
        });
    }

    pub(crate) fn wait(&mut self) -> i32 {
        let mut code = None;
        until("the program ends", || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.and_then(|code| code.code()).unwrap_or(-1)
    }

    /// Waits for a condition, and shows the log when it does not come.
    pub(crate) fn until(&self, what: &str, condition: impl FnMut() -> bool) {
        assert!(holds_soon(condition), "{what} does not come: {}", self.log());
    }

    pub(crate) fn stop(&mut self) {
        self.signal("-TERM");
        assert_eq!(self.wait(), 0, "{}", self.log());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "a real program is waited for")]
fn holds_soon(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition() {
        // Programs in Java start slowly on a busy machine.
        if start.elapsed() > Duration::from_mins(3) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Lets time pass that a real program measures too.
#[expect(clippy::disallowed_methods, reason = "a real program is waited for")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

pub(crate) fn until(what: &str, condition: impl FnMut() -> bool) {
    assert!(holds_soon(condition), "{what} does not come");
}

/// All lines in the files of a folder, sorted.
pub(crate) fn lines_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let texts = entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let mut lines: Vec<String> =
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.sort();
    lines
}

/// A memory channel `c1` and a sink that writes into `{dir}/out`; a source `r1` needs its type yet.
pub(crate) const TO_FILES: &str = "\
a1.channels = c1
a1.channels.c1.type = memory
a1.channels.c1.capacity = 1000
a1.sinks = k1
a1.sinks.k1.type = file_roll
a1.sinks.k1.channel = c1
a1.sinks.k1.sink.directory = {dir}/out
a1.sources = r1
a1.sources.r1.channels = c1
";
