//! A real Storm: how it is had from Maven, and how one of its contestants is run.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::workspace::{Workspace, succeeds};

const POM: &str = "benches/peers/storm/pom.xml";

/// Where what was built for it lies.
#[derive(Debug)]
pub(crate) struct Storm {
    target: PathBuf,
}

impl Storm {
    /// One whose files lie in `target`.
    pub(crate) fn in_folder(target: PathBuf) -> Self {
        Self { target }
    }

    /// Compiles its topologies. The first time, Maven downloads Storm.
    ///
    /// # Errors
    /// That it failed. Why, Maven said itself.
    pub(crate) fn build(&self, workspace: &Workspace) -> Result<(), String> {
        eprintln!("storm: compiling; the first time, Maven downloads it");
        let target = format!("-Dtarget.folder={}", self.target.display());
        let arguments = ["-B", "-q", "-f", POM, &*target, "compile", "dependency:build-classpath"];
        if succeeds(&mut workspace.command("mvn", &arguments)) {
            return Ok(());
        }
        Err(format!("`mvn {}` failed; see above", arguments.join(" ")))
    }

    /// One contestant in a process of its own, which ends itself after a time.
    ///
    /// # Errors
    /// When its folders cannot be had.
    pub(crate) fn command(&self, workspace: &Workspace, contestant: &str, size: &str) -> io::Result<Command> {
        // A local cluster leaves its files behind.
        let temporary = self.target.join("tmp");
        match fs::remove_dir_all(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&temporary)?,
        }
        let libraries = fs::read_to_string(self.target.join("classpath"))?;
        let path = format!("{}:{}", self.target.join("classes").display(), libraries.trim_end());
        let temporary = format!("-Djava.io.tmpdir={}", temporary.display());
        let java = ["-Xmx2g", "-XX:+UseParallelGC", &*temporary, "-cp", &*path];
        Ok(workspace.command("java", &[&java[..], &["storm.Bench", contestant, size]].concat()))
    }
}
