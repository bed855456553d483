//! A real Storm: how it is had from Maven, and how one of its contestants is run.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::workspace::{Workspace, find_program, succeeds};

const POM: &str = "benches/peers/storm/pom.xml";

/// Where what was built for it lies.
#[derive(Debug)]
pub(crate) struct Storm {
    target: PathBuf,
}

impl Storm {
    /// A run takes it half a minute: it is compared in the first rounds only.
    pub(crate) const ROUNDS: usize = 3;

    /// Says why when there is none.
    pub(crate) fn find(target: PathBuf) -> Option<Self> {
        match missing(|program| find_program(program).is_some()) {
            None => Some(Self { target }),
            Some(missing) => {
                eprintln!("storm is left out: {missing}");
                None
            }
        }
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

/// What is not there of what it needs.
fn missing(is_there: impl Fn(&str) -> bool) -> Option<String> {
    let absent: Vec<_> = ["java", "mvn"].into_iter().filter(|program| !is_there(program)).collect();
    (!absent.is_empty()).then(|| format!("there is no `{}` on the path", absent.join("` and no `")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing(|_| true), None);
        let no_maven = missing(|program| program == "java");
        assert_eq!(no_maven.as_deref(), Some("there is no `mvn` on the path"));
        assert_eq!(missing(|_| false).as_deref(), Some("there is no `java` and no `mvn` on the path"));
    }
}
