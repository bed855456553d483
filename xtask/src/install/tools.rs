//! Tools that Debian does not have, built once from Go modules and kept beside what cargo builds.

use std::path::{Path, PathBuf};

use super::backports;
use crate::report::Report;
use crate::workspace::{Workspace, find_program, succeeds};

struct Tool {
    program: &'static str,
    package: &'static str,
    /// The Go 1 release that a version needs at least. The newest is first.
    versions: &'static [(u32, &'static str)],
}

/// Renders and checks the charts of the examples.
const TOOLS: [Tool; 2] = [
    Tool {
        program: "helm",
        package: "helm.sh/helm/v3/cmd/helm",
        // Debian 12's backports end at Go 1.23.
        versions: &[(26, "v3.22.0"), (23, "v3.17.4")],
    },
    Tool {
        program: "kubectl-validate",
        package: "sigs.k8s.io/kubectl-validate",
        versions: &[(22, "v0.0.4")],
    },
];

const BY_HAND: &str = "install by hand, into a folder of PATH: Helm 3 and kubectl-validate 0.0.4; or Go 1.23 or newer, to build them";

/// Builds what is missing, one job at a time.
pub(crate) fn build(workspace: &Workspace) -> Report {
    let folder = folder(workspace);
    let is_there = |tool: &&Tool| find_program(tool.program).is_some() || folder.join(tool.program).is_file();
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !is_there(tool)).collect();
    if missing.is_empty() {
        return Report::default();
    }
    let Some((go, release)) = find_go(workspace, &missing, &folder) else {
        return Report::failed(BY_HAND);
    };
    for tool in missing {
        if !install(workspace, &go, &tool.at(release).unwrap_or_default(), &folder) {
            return Report::failed(format!("{} was not built; {BY_HAND}", tool.program));
        }
    }
    Report::default()
}

impl Tool {
    /// The newest version that this release of Go can build, as `go install` wants it.
    fn at(&self, release: u32) -> Option<String> {
        let fitting = self.versions.iter().find(|(least, _)| *least <= release);
        fitting.map(|(_, version)| format!("{}@{version}", self.package))
    }
}

/// `tools` in the folder that cargo builds into: the one that this program is in.
fn folder(workspace: &Workspace) -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let tagged = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    // Cargo tags only folders that it has made itself. This is `TARGET/debug/xtask`.
    let target = tagged.or_else(|| program.ancestors().nth(2));
    target.map_or_else(|| workspace.root.join("target"), Path::to_path_buf).join("tools")
}

/// A Go that can build all of them, with its release; from Debian's backports if there is none.
fn find_go(workspace: &Workspace, tools: &[&Tool], folder: &Path) -> Option<(PathBuf, u32)> {
    let fitting = || {
        let go = find_program("go")?;
        let output = workspace
            .command(&go.to_string_lossy(), &["env", "GOVERSION"])
            .env("GOTOOLCHAIN", "local")
            .output()
            .ok()?;
        let release = release(&String::from_utf8_lossy(&output.stdout))?;
        tools.iter().all(|tool| tool.at(release).is_some()).then_some((go, release))
    };
    fitting().or_else(|| {
        println!("   no Go that is new enough: looking into Debian's backports");
        backports::install(workspace, "golang-go", folder).then(fitting).flatten()
    })
}

/// `go1.26.8` is of release 26.
fn release(version: &str) -> Option<u32> {
    let rest = version.trim().strip_prefix("go1.")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn install(workspace: &Workspace, go: &Path, package: &str, folder: &Path) -> bool {
    println!("   building {package}: some minutes, once");
    let arguments = ["install", "-p=1", "-trimpath", "-ldflags=-s -w", package];
    let mut command = workspace.command(&go.to_string_lossy(), &arguments);
    // Without a C compiler, with the Go that is there, and not for another machine.
    command.envs([("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local")]).env("GOBIN", folder);
    succeeds(command.env_remove("GOOS").env_remove("GOARCH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_of_go_is_read() {
        let cases = [
            ("go1.26.8\n", Some(26)),
            ("go1.23", Some(23)),
            ("go1.27rc1", Some(27)),
            ("devel +1234", None),
            ("", None),
        ];
        for (version, expected) in cases {
            assert_eq!(release(version), expected, "{version}");
        }
    }

    #[test]
    fn the_newest_version_that_go_can_build_is_taken() {
        let at = |release| TOOLS[0].at(release);
        assert_eq!(at(27).as_deref(), Some("helm.sh/helm/v3/cmd/helm@v3.22.0"));
        assert_eq!(at(25).as_deref(), Some("helm.sh/helm/v3/cmd/helm@v3.17.4"));
        assert_eq!(at(19), None);
    }
}
