//! Packages that are too old in Debian's release, from its backports. The machine's own lists stay as they are.

use std::fs;
use std::path::Path;

use super::debian::{apt, root_prefix};
use crate::workspace::Workspace;

/// Installs one package. Its dependencies must be installed, or in the backports too.
pub(super) fn install(workspace: &Workspace, package: &str, folder: &Path) -> bool {
    let Some(prefix) = root_prefix(workspace) else {
        return false;
    };
    let Some(source) = targets(workspace).as_deref().and_then(source) else {
        return false;
    };
    let Some(options) = prepare(folder, &source) else {
        return false;
    };
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let run = |words: &[&str]| apt(workspace, prefix, &[&options, words].concat());
    run(&["update", "-q"]) && run(&["install", "-q", "-y", "--no-install-recommends", package])
}

/// What apt has now, a line each: code name, component, address.
fn targets(workspace: &Workspace) -> Option<String> {
    let form = "$(CODENAME) $(COMPONENT) $(REPO_URI)";
    let command = ["indextargets", "--format", form, "Created-By: Packages"];
    let output = workspace.command("apt-get", &command).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// The backports are where the release is: the one whose code name has no hyphen.
fn source(targets: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (name, component, address) = (words.next()?, words.next()?, words.next()?);
        let is_release = component == "main" && !name.contains('-') && !name.contains('/');
        is_release.then(|| format!("deb {address} {name}-backports main\n"))
    })
}

/// Apt sees this source alone, and keeps its lists here.
fn prepare(folder: &Path, source: &str) -> Option<Vec<String>> {
    let (list, lists) = (folder.join("backports.list"), folder.join("apt"));
    fs::create_dir_all(lists.join("partial")).ok()?;
    fs::write(&list, source).ok()?;
    let option = |name: &str, path: &Path| ["-o".to_owned(), format!("{name}={}", path.display())];
    let options = [
        option("Dir::Etc::sourcelist", &list),
        option("Dir::Etc::sourceparts", Path::new("/dev/null")),
        option("Dir::State::lists", &lists),
    ];
    Some(options.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backports_are_beside_the_release() {
        let targets = "bookworm-security main http://mirror.example/security/\n\
                       bookworm contrib http://mirror.example/debian/\n\
                       bookworm main http://mirror.example/debian/\n";
        assert_eq!(
            source(targets).as_deref(),
            Some("deb http://mirror.example/debian/ bookworm-backports main\n")
        );
        assert_eq!(source("bookworm-updates main http://mirror.example/debian/\n"), None);
        assert_eq!(source(""), None);
    }
}
