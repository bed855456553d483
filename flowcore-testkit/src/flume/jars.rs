use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::Java;

/// A real Flume 1.11 with its clients, to be run beside what is tested. Needs Java, and Maven the first time.
///
/// ```no_run
/// use flowcore_testkit::Flume;
///
/// // In a test: `Flume::installed(env!("CARGO_TARGET_TMPDIR"))`.
/// let flume = Flume::installed("target/tmp");
/// let agent = flume.agent("a1.sources = r1");
/// println!("{}", agent.log());
/// ```
#[derive(Debug, Clone)]
pub struct Flume {
    jars: PathBuf,
}

impl Flume {
    /// The one beside `temporary`, which is `CARGO_TARGET_TMPDIR`: had from Maven's repository once.
    ///
    /// # Panics
    /// When Maven is missing or cannot get it.
    pub fn installed(temporary: impl AsRef<Path>) -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let tools = temporary.as_ref().parent().unwrap_or(temporary.as_ref()).join("tools");
        let jars = tools.join("flume-and-taildir");
        if !jars.is_dir() {
            fetch(&tools, &jars);
        }
        Self { jars }
    }

    /// The folder with everything that belongs in Java's class path.
    pub fn jars(&self) -> &Path {
        &self.jars
    }

    /// Runs `class` with `arguments`, after `files` (name and text) were written into its folder.
    ///
    /// # Panics
    /// When Java is missing.
    pub fn run(&self, class: &str, arguments: &[&str], files: &[(&str, &str)]) -> Java {
        Java::start(&self.jars, class, arguments, files)
    }

    /// An agent `a1` with this configuration.
    ///
    /// # Panics
    /// When Java is missing.
    pub fn agent(&self, configuration: &str) -> Java {
        let arguments = ["-n", "a1", "-f", "flume.conf", "--no-reload-conf"];
        self.run("org.apache.flume.node.Application", &arguments, &[("flume.conf", configuration)])
    }

    /// The same in this folder, where `{dir}` in the configuration is it, with its metrics as JSON at this port of
    /// this machine.
    ///
    /// # Panics
    /// When Java is missing.
    pub fn watched_agent(&self, folder: TempDir, configuration: &str, port: u16) -> Java {
        let port = format!("-Dflume.monitoring.port={port}");
        let class = ["-Dflume.monitoring.type=http", &port, "org.apache.flume.node.Application"];
        let arguments = ["-n", "a1", "-f", "flume.conf", "--no-reload-conf"];
        let configuration = configuration.replace("{dir}", &folder.path().to_string_lossy());
        Java::start_in(folder, &self.jars, &class, &arguments, &[("flume.conf", &configuration)])
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
fn fetch(tools: &Path, jars: &Path) {
    std::fs::create_dir_all(tools).expect("the build folder can be written");
    // Whole or not at all, also when two test runs fetch it.
    let part = tempfile::tempdir_in(tools).expect("the build folder can be written");
    let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flume/pom.xml");
    let fetched = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", part.path().join("flume").display()))
        // What Maven says is none of what a program says that needs Flume.
        .stdout(std::io::stderr())
        .status()
        .expect("maven is installed");
    assert!(fetched.success(), "maven could not get Flume");
    assert!(std::fs::rename(part.path().join("flume"), jars).is_ok() || jars.is_dir());
}
