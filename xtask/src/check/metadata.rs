//! What cargo knows about the packages: `cargo metadata --locked`.

use serde_json::Value;

use crate::workspace::Workspace;

/// One package that is built from the lock file, ours or foreign.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The SPDX expression, if there is one.
    pub(crate) license: Option<String>,
    /// Whether it is a member of this workspace.
    pub(crate) is_ours: bool,
    /// Its manifest, from the root for our own.
    pub(crate) manifest: String,
    /// What it depends on.
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Needed by its tests only.
    pub(crate) is_dev: bool,
}

/// Reads all packages.
///
/// # Errors
/// What cargo said, or what could not be read in its answer.
pub(crate) fn packages(workspace: &Workspace) -> Result<Vec<Package>, String> {
    let mut command = workspace.cargo(&["metadata", "--locked", "--format-version", "1"]);
    let output = command.output().map_err(|error| format!("cannot start cargo metadata: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata --locked failed; is Cargo.lock up to date? {}", said.trim()));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cannot read the answer of cargo metadata: {error}"))?;
    let packages = answer["packages"].as_array().ok_or("cargo metadata names no packages")?;
    Ok(packages.iter().map(|package| read_package(package, workspace)).collect())
}

fn read_package(package: &Value, workspace: &Workspace) -> Package {
    let manifest = std::path::PathBuf::from(text(&package["manifest_path"]));
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    Package {
        name: text(&package["name"]),
        version: text(&package["version"]),
        license: package["license"].as_str().map(ToOwned::to_owned),
        is_ours: package["source"].is_null(),
        manifest: workspace.relative(&manifest),
        dependencies: dependencies.map(read_dependency).collect(),
    }
}

fn read_dependency(dependency: &Value) -> Dependency {
    Dependency { name: text(&dependency["name"]), is_dev: dependency["kind"] == "dev" }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
