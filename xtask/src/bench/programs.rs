//! The programs whose parts contestants are: how they are built, and how one contestant is run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::measure::{self, Measure};
use super::subjects::BuiltIn;
use crate::workspace::{Workspace, succeeds};

/// Where what was built lies.
#[derive(Debug)]
pub(crate) struct Programs<'a> {
    workspace: &'a Workspace,
    target: PathBuf,
}

impl<'a> Programs<'a> {
    pub(crate) fn of(workspace: &'a Workspace) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        Self { workspace, target: workspace.root.join(target).join("bench") }
    }

    /// Builds ours, and theirs if any is wanted.
    ///
    /// # Errors
    /// What could not be built.
    pub(crate) fn build(&self, with_peers: bool) -> Result<(), String> {
        let ours = ["-p", "flowcore-benches", "-p", "coffee-orders", "--bins"];
        self.cargo(&ours)?;
        if with_peers { self.cargo(&["--manifest-path", "benches/peers/Cargo.toml"]) } else { Ok(()) }
    }

    fn cargo(&self, what: &[&str]) -> Result<(), String> {
        let target = self.target.to_string_lossy();
        let arguments =
            [&["build", "--locked", "--profile", "bench", "--target-dir", &*target], what].concat();
        if succeeds(&mut self.workspace.cargo(&arguments)) {
            return Ok(());
        }
        Err(format!("`cargo {}` failed; see above", arguments.join(" ")))
    }

    /// Runs one contestant in a process of its own.
    ///
    /// # Errors
    /// That it failed, or what it printed instead of measures. What went wrong it said itself.
    pub(crate) fn run(
        &self,
        (program, contestant): (BuiltIn, &str),
        size: u64,
    ) -> Result<Vec<Measure>, String> {
        let name = match program {
            BuiltIn::Benches => "flowcore-bench",
            BuiltIn::Peers => "flowcore-bench-peers",
        };
        let path = self.target.join("release").join(name);
        let said = |problem: String| format!("{name} {contestant} {size}: {problem}");
        self.output(&path, contestant, size).and_then(|text| measure::parse(&text)).map_err(said)
    }

    fn output(&self, program: &Path, contestant: &str, size: u64) -> Result<String, String> {
        let mut command =
            self.workspace.command(&program.to_string_lossy(), &[contestant, &size.to_string()]);
        let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(output.status.to_string());
        }
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    }
}
