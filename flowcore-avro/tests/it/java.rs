use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A program of Flume that runs in a folder of its own. Killed when it is dropped, and by the kernel when the
/// thread that started it ends.
pub(crate) struct Java {
    folder: TempDir,
    child: Child,
}

/// The jars of Flume 1.11, in the build folder: had from Maven's repository once.
fn jars() -> &'static Path {
    static JARS: OnceLock<PathBuf> = OnceLock::new();
    JARS.get_or_init(|| {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
        let flume = tools.join("flume");
        if !flume.is_dir() {
            fetch(&tools, &flume);
        }
        flume
    })
}

fn fetch(tools: &Path, flume: &Path) {
    fs::create_dir_all(tools).unwrap();
    // Whole or not at all, also when two test runs fetch it.
    let part = tempfile::tempdir_in(tools).unwrap();
    let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flume/pom.xml");
    let fetched = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", part.path().join("flume").display()))
        .status()
        .expect("maven is installed");
    assert!(fetched.success(), "Maven could not get Flume");
    assert!(fs::rename(part.path().join("flume"), flume).is_ok() || flume.is_dir());
}

impl Java {
    /// Runs `class` with `arguments`, after `files` were written into its folder.
    pub(crate) fn start(class: &str, arguments: &[&str], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "java", "-Xmx256m", "-cp"])
            .arg(jars().join("*"))
            .arg(class)
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("java and setpriv are installed");
        Self { folder, child }
    }

    /// An agent `a1` with this configuration.
    pub(crate) fn agent(configuration: &str) -> Self {
        let arguments = ["-n", "a1", "-f", "flume.conf", "--no-reload-conf"];
        Self::start("org.apache.flume.node.Application", &arguments, &[("flume.conf", configuration)])
    }

    /// Whether it has ended well; `None` while it runs.
    pub(crate) fn end(&mut self) -> Option<bool> {
        self.child.try_wait().unwrap().map(|status| status.success())
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Java {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
