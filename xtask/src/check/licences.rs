//! Licences of everything that the lock file names, on every platform.

use super::metadata::Package;
use super::spdx::is_met;
use crate::report::Report;

/// Licences that a program may have built in under `MIT OR Apache-2.0` with no more than a notice.
const ALLOWED: [&str; 7] =
    ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib"];

struct Exception {
    licence: &'static str,
    /// The packages it holds for; all, if there are none.
    packages: &'static [&'static str],
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 3] = [
    Exception {
        licence: "Unicode-3.0",
        packages: &[],
        reason: "permissive; covers the data tables of the Unicode consortium",
    },
    Exception {
        licence: "CC0-1.0",
        packages: &["notify"],
        reason: "gives up all rights but grants no patents; `notify` only calls the system's file events",
    },
    Exception {
        licence: "BSL-1.0",
        packages: &["xxhash-rust"],
        reason: "permissive, and asks for no notice in binaries; the redis client hashes scripts with it",
    },
];

/// Checks every package's licence.
pub(crate) fn check(packages: &[Package]) -> Report {
    let mut report = Report::default();
    for package in packages {
        if let Some(problem) = problem(package) {
            report.finding("Cargo.lock", 1, problem);
        }
    }
    report.note(format!("{} packages; exceptions:", packages.len()));
    for Exception { licence, packages, reason } in &EXCEPTIONS {
        let of = if packages.is_empty() { "any package".to_owned() } else { packages.join(", ") };
        report.note(format!("  {licence} ({of}): {reason}"));
    }
    report
}

fn problem(package: &Package) -> Option<String> {
    let Package { name, version, .. } = package;
    let Some(license) = &package.license else {
        return Some(format!(
            "{name} {version} names no SPDX licence; read its files, or use another package"
        ));
    };
    let is_allowed = |licence: &str| is_allowed(licence, name);
    (!is_met(license, &is_allowed)).then(|| {
        format!(
            "{name} {version} is under {license}; use another package, or add an exception with its reason \
             in xtask/src/check/licences.rs"
        )
    })
}

fn is_allowed(licence: &str, package: &str) -> bool {
    let covers = |exception: &Exception| {
        exception.licence == licence
            && (exception.packages.is_empty() || exception.packages.contains(&package))
    };
    ALLOWED.contains(&licence) || EXCEPTIONS.iter().any(covers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, license: Option<&str>) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(ToOwned::to_owned),
            is_ours: false,
            manifest: String::new(),
            dependencies: Vec::new(),
        }
    }

    #[test]
    fn a_licence_that_is_not_on_the_list_is_found() {
        let found = check(&[package("a", Some("AGPL-3.0-only")), package("b", Some("MIT"))]).findings;
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("a 1.0.0 is under AGPL-3.0-only"), "{found:?}");
    }

    #[test]
    fn an_exception_holds_for_its_packages_only() {
        assert!(problem(&package("notify", Some("CC0-1.0"))).is_none());
        assert!(problem(&package("other", Some("CC0-1.0"))).is_some());
    }

    #[test]
    fn a_package_without_a_licence_is_found() {
        assert!(problem(&package("a", None)).is_some());
    }
}
