//! Helm and kubectl-validate: `cargo xtask test` builds them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::manifests::Manifests;

/// The newest release that the schemas in kubectl-validate are of.
const KUBERNETES: &str = "1.30";

/// A folder of the test's own, in which Helm finds no settings of the user's.
pub(super) struct Helm {
    folder: TempDir,
}

impl Helm {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// `helm lint --strict`.
    pub(super) fn lint(&self, values: &Value) -> Output {
        self.run("lint", &["--strict"], values)
    }

    /// `helm template` of the release `demo`, as it is.
    pub(super) fn try_template(&self, values: &Value) -> Result<String, String> {
        said(&self.run("template", &["demo"], values))
    }

    /// The same, where it must succeed.
    pub(super) fn template(&self, values: &Value) -> Manifests {
        Manifests::parse(&self.try_template(values).unwrap_or_else(|error| panic!("{values}: {error}")))
    }

    /// The same, with a cluster to ask for what is there.
    pub(super) fn template_against(&self, server: &str, values: &Value) -> Manifests {
        let arguments = ["demo", "--dry-run=server", "--kube-apiserver", server];
        let rendered = said(&self.run("template", &arguments, values));
        Manifests::parse(&rendered.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Every field is one that Kubernetes has.
    pub(super) fn validate(&self, manifests: &str) -> Result<String, String> {
        let path = self.folder.path().join("manifests.yaml");
        std::fs::write(&path, manifests).unwrap();
        said(&self.tool("kubectl-validate").arg(path).args(["--version", KUBERNETES]).output().unwrap())
    }

    fn run(&self, command: &str, arguments: &[&str], values: &Value) -> Output {
        // JSON is YAML.
        let path = self.folder.path().join("values.yaml");
        std::fs::write(&path, values.to_string()).unwrap();
        let mut helm = self.tool("helm");
        helm.arg(command).args(arguments).arg(super::folder().join("helm/ny-power"));
        helm.args(["--kube-version", KUBERNETES, "--values"]).arg(path).output().unwrap()
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(find(name));
        for variable in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(variable, self.folder.path());
        }
        command.env("KUBECONFIG", self.folder.path().join("kubeconfig")).env_remove("HELM_NAMESPACE");
        command
    }
}

/// Where `cargo xtask test` puts it, or on PATH.
fn find(name: &str) -> PathBuf {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(built.clone()).chain(std::env::split_paths(&path));
    folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file())).unwrap_or_else(
        || panic!("{name} is neither in {} nor on PATH: `cargo xtask test` builds it", built.display()),
    )
}

fn said(output: &Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(format!("{}{}", text(&output.stdout), text(&output.stderr)))
    }
}
