//! How the targets are built and run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::options::Options;
use super::said;
use crate::workspace::{Workspace, succeeds};

/// What rustc needs to be told for libFuzzer to see where an input leads.
const FLAGS: [&str; 7] = [
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// An input has so many bytes at most.
const LONGEST: u32 = 8192;
/// Memory of a target, in MiB: an input that takes more has found something.
const MEMORY: u32 = 512;
/// Seconds for one input.
const PATIENCE: u32 = 10;

/// Where the targets and what belongs to them lie.
#[derive(Debug)]
pub(super) struct Programs<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
    /// What cargo builds, and the inputs that were found to lead somewhere: the next run begins with them.
    built: PathBuf,
}

/// A target that runs.
#[derive(Debug)]
pub(super) struct Running {
    target: String,
    child: Child,
    log: PathBuf,
}

impl<'a> Programs<'a> {
    pub(super) fn of(workspace: &'a Workspace) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        let built = workspace.root.join(target).join("fuzz");
        Self { workspace, folder: workspace.root.join("fuzz"), built }
    }

    /// The names of all targets, sorted.
    ///
    /// # Errors
    /// That there are none.
    pub(super) fn targets(&self) -> Result<Vec<String>, String> {
        let folder = self.folder.join("targets");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut names: Vec<String> =
            paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        names.sort();
        if names.is_empty() { Err(format!("{} has no targets", folder.display())) } else { Ok(names) }
    }

    /// # Errors
    /// What could not be built.
    pub(super) fn build(&self, targets: &[String]) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("cannot prepare the fuzz targets: {error}");
        self.follow_lock().map_err(failed)?;
        let host = host(self.workspace).ok_or("rustc does not say what it builds for")?;
        let (folder, built) = (self.folder.join("Cargo.toml"), self.built.to_string_lossy());
        let manifest = folder.to_string_lossy();
        // With a target, what runs while building is not fuzzed.
        let mut words = vec!["build", "--release", "--manifest-path", &manifest, "--target", &host];
        words.extend(["--target-dir", &built]);
        words.extend(targets.iter().flat_map(|target| ["--bin", target]));
        let mut command = self.workspace.cargo(&words);
        command.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f")).env_remove("RUSTFLAGS");
        let held = succeeds(&mut command);
        if held { Ok(()) } else { Err("the fuzz targets were not built; see above".to_owned()) }
    }

    /// The versions are those of the workspace: what is fuzzed is what is shipped.
    fn follow_lock(&self) -> std::io::Result<()> {
        let (theirs, ours) = (self.workspace.root.join("Cargo.lock"), self.folder.join("Cargo.lock"));
        let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
        if changed(&ours).is_ok_and(|ours| changed(&theirs).is_ok_and(|theirs| theirs <= ours)) {
            return Ok(());
        }
        fs::copy(theirs, ours).map(|_| ())
    }

    /// Starts a target: what it says goes into a file, what makes it fail into `fuzz/found`.
    ///
    /// # Errors
    /// Why it cannot run.
    pub(super) fn start(&self, target: &str, options: &Options) -> Result<Running, String> {
        let failed = |error: std::io::Error| format!("cannot run fuzz target {target}: {error}");
        let (corpus, found) =
            (self.built.join("corpus").join(target), self.folder.join("found").join(target));
        fs::create_dir_all(&corpus).and_then(|()| fs::create_dir_all(&found)).map_err(failed)?;
        let log = self.built.join(format!("{target}.log"));
        let out = File::create(&log).map_err(failed)?;
        let mut command = self.program(target)?;
        command
            .arg(format!("-max_total_time={}", options.seconds))
            .arg(format!("-seed={}", options.seed))
            .arg(format!("-max_len={LONGEST}"))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(corpus)
            .args(self.seeds(target))
            .stdout(out.try_clone().map_err(failed)?)
            .stderr(out);
        let child = command.spawn().map_err(failed)?;
        Ok(Running { target: target.to_owned(), child, log })
    }

    /// Runs a target on one input; its output is ours. Says whether it held.
    pub(super) fn repeat(&self, target: &str, input: &Path) -> bool {
        // Cargo starts us where the user is.
        let input = std::env::current_dir().unwrap_or_default().join(input);
        self.program(target).is_ok_and(|mut command| succeeds(command.arg(input)))
    }

    fn program(&self, target: &str) -> Result<Command, String> {
        let host = host(self.workspace).ok_or("rustc does not say what it builds for")?;
        let path = self.built.join(host).join("release").join(target);
        let mut command = self.workspace.command(&path.to_string_lossy(), &[]);
        command.arg(format!("-rss_limit_mb={MEMORY}")).arg(format!("-timeout={PATIENCE}"));
        Ok(command)
    }

    /// Folders with inputs to begin with, those that are there.
    fn seeds(&self, target: &str) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.join("seeds").join(target)];
        if target == "properties" {
            folders.push(self.workspace.root.join("flowcore-agent/tests/confs"));
            folders.push(self.workspace.root.join("../shared/data/flume-confs"));
        }
        folders.retain(|folder| folder.is_dir());
        folders
    }
}

impl Running {
    /// Waits for its end.
    ///
    /// # Errors
    /// What it found, and how to see that again.
    pub(super) fn wait(self) -> Result<String, String> {
        let Self { target, mut child, log } = self;
        let status = child.wait().map_err(|error| format!("cannot wait for {target}: {error}"))?;
        let text = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        let summary = said::summary(&text);
        if let (true, Some(summary)) = (status.success(), summary) {
            return Ok(format!("{target:<18} {summary}"));
        }
        let end: Vec<&str> = text.lines().rev().take(40).collect();
        end.iter().rev().for_each(|line| println!("   {target}: {line}"));
        Err(match said::found(&text) {
            Some(input) => format!("{target} failed; again: cargo xtask fuzz {target} --input {input}"),
            None => format!("{target} ended with {status}; all it said is in {}", log.display()),
        })
    }
}

/// What this machine's rustc builds for, as `x86_64-unknown-linux-gnu`.
fn host(workspace: &Workspace) -> Option<String> {
    let output = workspace.command("rustc", &["-vV"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}
