//! The programs whose parts contestants are: how they are built, and how one contestant is run.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::java;
use super::measure::{self, Measure};
use super::storm::Storm;
use super::subjects::BuiltIn;
use crate::workspace::{Workspace, succeeds};

/// Where what was built lies.
#[derive(Debug)]
pub(crate) struct Programs<'a> {
    workspace: &'a Workspace,
    target: PathBuf,
    storm: Option<Storm>,
    guests: Vec<BuiltIn>,
}

impl<'a> Programs<'a> {
    pub(crate) fn of(workspace: &'a Workspace) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        Self { workspace, target: workspace.root.join(target).join("bench"), storm: None, guests: Vec::new() }
    }

    /// Builds ours, and theirs if any is wanted.
    ///
    /// # Errors
    /// What could not be built.
    pub(crate) fn build(&self, with_peers: bool) -> Result<(), String> {
        let ours = ["-p", "flowcore-benches", "-p", "coffee-orders", "-p", "flowcore-agent", "--bins"];
        self.cargo(&ours)?;
        if with_peers { self.cargo(&["--manifest-path", "benches/peers/Cargo.toml"]) } else { Ok(()) }
    }

    /// Makes what guests need. Where there is no Java or Maven it says so, and all goes on without them.
    ///
    /// # Errors
    /// What could not be built.
    pub(crate) fn invite(&mut self, guests: &[BuiltIn]) -> Result<(), String> {
        if guests.is_empty() {
            return Ok(());
        }
        if let Some(missing) = java::missing() {
            eprintln!("they are left out: {missing}");
            return Ok(());
        }
        if guests.contains(&BuiltIn::Storm) {
            self.build_storm()?;
        }
        self.guests = guests.to_vec();
        Ok(())
    }

    /// Those that are there of those that were asked for.
    pub(crate) fn guests(&self) -> &[BuiltIn] {
        &self.guests
    }

    fn build_storm(&mut self) -> Result<(), String> {
        let storm = Storm::in_folder(self.target.join("storm"));
        storm.build(self.workspace)?;
        self.storm = Some(storm);
        Ok(())
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
        let size = size.to_string();
        let (name, command) = match (program, &self.storm) {
            (BuiltIn::Storm, Some(storm)) => (
                "storm",
                storm.command(self.workspace, contestant, &size).map_err(|error| error.to_string())?,
            ),
            (BuiltIn::Storm, None) => return Err("there is no storm".to_owned()),
            (BuiltIn::Benches, _) => self.built("flowcore-bench", contestant, &size),
            (BuiltIn::Agents | BuiltIn::Flume, _) => self.built("flowcore-bench-agents", contestant, &size),
            (BuiltIn::Peers, _) => self.built("flowcore-bench-peers", contestant, &size),
        };
        let said = |problem: String| format!("{name} {contestant} {size}: {problem}");
        output(command).and_then(|text| measure::parse(&text)).map_err(said)
    }

    fn built(&self, name: &'static str, contestant: &str, size: &str) -> (&'static str, Command) {
        let path = self.target.join("release").join(name);
        (name, self.workspace.command(&path.to_string_lossy(), &[contestant, size]))
    }
}

fn output(mut command: Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
