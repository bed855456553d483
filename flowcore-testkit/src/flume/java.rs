use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A program of Flume that runs in a folder of its own. Killed when it is dropped, and by the kernel when the
/// thread that started it ends.
#[derive(Debug)]
pub struct Java {
    folder: TempDir,
    child: Child,
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
impl Java {
    pub(super) fn start(jars: &Path, class: &str, arguments: &[&str], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::start_in(folder, jars, &[class], arguments, files)
    }

    /// `class` may have options of the machine before it.
    pub(super) fn start_in(
        folder: TempDir,
        jars: &Path,
        class: &[&str],
        arguments: &[&str],
        files: &[(&str, &str)],
    ) -> Self {
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file in a temporary folder");
        }
        let log = File::create(folder.path().join("log")).expect("a file in a temporary folder");
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "java", "-Xmx256m", "-cp"])
            .arg(jars.join("*"))
            .args(class)
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file that is open"))
            .stderr(log)
            .spawn()
            .expect("java and setpriv are installed");
        Self { folder, child }
    }

    /// Where it runs, and where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it has ended well; `None` while it runs.
    ///
    /// # Panics
    /// When the system does not know its own process.
    pub fn end(&mut self) -> Option<bool> {
        self.child.try_wait().expect("a process of our own").map(|status| status.success())
    }

    /// What it has said.
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Java {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
