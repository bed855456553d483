//! Which crate of the workspace may depend on which.

use super::metadata::Package;
use crate::report::Report;
use crate::workspace::Workspace;

/// What a crate of the workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Library,
    Testkit,
    /// What several connectors need, and that knows nothing of ours: TLS.
    Shared,
    /// What connectors of one kind are made of, on the library and what is shared: RPC.
    Foundation,
    Connector,
    /// The agent, an example or the benches: the only ones that name connectors.
    Program,
    Tool,
}

/// Checks the dependencies between our own crates.
pub(crate) fn check(workspace: &Workspace, packages: &[Package]) -> Report {
    let mut report = Report::default();
    for package in packages.iter().filter(|package| package.is_ours) {
        let manifest = std::fs::read_to_string(workspace.root.join(&package.manifest)).unwrap_or_default();
        for (name, message) in wrong(package, packages) {
            report.finding(&package.manifest, line_of(&manifest, &name), message);
        }
    }
    report
}

fn wrong(package: &Package, packages: &[Package]) -> Vec<(String, String)> {
    let ours = |name: &str| packages.iter().find(|other| other.is_ours && other.name == name);
    let from = kind(package);
    let named =
        package.dependencies.iter().filter_map(|dependency| Some((dependency, ours(&dependency.name)?)));
    named
        .filter(|(dependency, target)| !may_depend(from, kind(target), dependency.is_dev))
        .map(|(dependency, _)| (dependency.name.clone(), advice(package, &dependency.name, from)))
        .collect()
}

fn kind(package: &Package) -> Kind {
    match package.name.as_str() {
        "flowcore" => Kind::Library,
        "flowcore-testkit" => Kind::Testkit,
        "xtask" => Kind::Tool,
        "flowcore-agent" => Kind::Program,
        "flowcore-tls" => Kind::Shared,
        "flowcore-rpc" => Kind::Foundation,
        _ if package.manifest.starts_with("examples/") || package.manifest.starts_with("benches/") => {
            Kind::Program
        }
        _ => Kind::Connector,
    }
}

fn may_depend(from: Kind, to: Kind, is_dev: bool) -> bool {
    match from {
        Kind::Program => to != Kind::Tool,
        Kind::Library | Kind::Shared => is_dev && to == Kind::Testkit,
        Kind::Testkit => to == Kind::Library,
        Kind::Foundation => matches!(to, Kind::Library | Kind::Shared) || (is_dev && to == Kind::Testkit),
        Kind::Connector => to == Kind::Foundation || may_depend(Kind::Foundation, to, is_dev),
        Kind::Tool => false,
    }
}

fn advice(package: &Package, target: &str, from: Kind) -> String {
    let why = match from {
        Kind::Library => "the library names no other crate; only its tests use the testkit",
        Kind::Testkit => "the testkit knows only the library",
        Kind::Connector => {
            "a connector knows only the library and what connectors share, its tests the testkit"
        }
        Kind::Foundation => "what connectors are made of knows only the library and what they share",
        Kind::Shared => "what connectors share knows nothing of ours; only its tests use the testkit",
        Kind::Program | Kind::Tool => "it is a tool, nothing of ours is built into it or upon it",
    };
    format!("{} depends on {target}; {why}", package.name)
}

fn line_of(manifest: &str, dependency: &str) -> usize {
    let is_it =
        |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(is_it).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    fn package(name: &str, folder: &str, dependencies: &[(&str, bool)]) -> Package {
        let dependencies = dependencies.iter();
        let dependencies = dependencies.map(|&(name, is_dev)| Dependency { name: name.to_owned(), is_dev });
        Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            license: None,
            is_ours: true,
            manifest: format!("{folder}/Cargo.toml"),
            dependencies: dependencies.collect(),
        }
    }

    fn wrong_in(name: &str, folder: &str, dependencies: &[(&str, bool)]) -> usize {
        let all = [
            "flowcore",
            "flowcore-testkit",
            "flowcore-redis",
            "flowcore-mqtt",
            "flowcore-rpc",
            "flowcore-tls",
            "xtask",
        ];
        let mut packages: Vec<_> = all.iter().map(|name| package(name, name, &[])).collect();
        packages.retain(|other| other.name != name);
        packages.push(package(name, folder, dependencies));
        packages.iter().map(|package| wrong(package, &packages).len()).sum()
    }

    #[test]
    fn connectors_do_not_know_each_other() {
        assert_eq!(wrong_in("flowcore-mqtt", "flowcore-mqtt", &[("flowcore", false), ("tokio", false)]), 0);
        assert_eq!(wrong_in("flowcore-mqtt", "flowcore-mqtt", &[("flowcore-redis", false)]), 1);
        assert_eq!(wrong_in("flowcore-mqtt", "flowcore-mqtt", &[("flowcore-redis", true)]), 1);
        assert_eq!(wrong_in("flowcore-mqtt", "flowcore-mqtt", &[("flowcore-tls", false)]), 0);
        assert_eq!(wrong_in("flowcore-tls", "flowcore-tls", &[("flowcore-redis", false)]), 1);
        assert_eq!(wrong_in("flowcore-mqtt", "flowcore-mqtt", &[("flowcore-rpc", false)]), 0);
        assert_eq!(wrong_in("flowcore-rpc", "flowcore-rpc", &[("flowcore-tls", false)]), 0);
        assert_eq!(wrong_in("flowcore-rpc", "flowcore-rpc", &[("flowcore-redis", false)]), 1);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        assert_eq!(wrong_in("flowcore", "flowcore", &[("flowcore-testkit", true)]), 0);
        assert_eq!(wrong_in("flowcore", "flowcore", &[("flowcore-testkit", false)]), 1);
        assert_eq!(wrong_in("flowcore-testkit", "flowcore-testkit", &[("flowcore-redis", false)]), 1);
    }

    #[test]
    fn only_programs_name_connectors() {
        assert_eq!(wrong_in("coffee-orders", "examples/coffee-orders", &[("flowcore-redis", false)]), 0);
        assert_eq!(wrong_in("flowcore-agent", "flowcore-agent", &[("flowcore-redis", false)]), 0);
        assert_eq!(wrong_in("flowcore", "flowcore", &[("flowcore-redis", true)]), 1);
        assert_eq!(wrong_in("xtask", "xtask", &[("flowcore", false)]), 1);
    }

    #[test]
    fn the_line_is_that_of_the_dependency() {
        assert_eq!(line_of("[dependencies]\nflowcore-redis = 1\nflowcore.workspace = true\n", "flowcore"), 3);
    }
}
