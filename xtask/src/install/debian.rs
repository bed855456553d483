//! What tests start, and where Debian has it.

use crate::report::Report;
use crate::workspace::{Workspace, find_program, succeeds};

/// A program and the package it comes in.
const NEEDED: [(&str, &str); 12] = [
    ("redis-server", "redis-server"),
    ("redis-cli", "redis-tools"),
    ("openssl", "openssl"),
    // The broker itself is where only root looks.
    ("mosquitto_passwd", "mosquitto"),
    ("mosquitto_pub", "mosquitto-clients"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("setpriv", "util-linux"),
    ("influxd", "influxdb"),
    // A real Flume runs on it; Maven gets it.
    ("java", "default-jre-headless"),
    ("mvn", "maven"),
    // Builds libFuzzer.
    ("g++", "g++"),
];

/// Installs what is missing: as root, or through `sudo` if that asks nothing.
pub(crate) fn install(workspace: &Workspace) -> Report {
    let packages = missing(|program| find_program(program).is_some());
    if packages.is_empty() {
        return Report::default();
    }
    println!("   missing: {}", packages.join(" "));
    let Some(prefix) = root_prefix(workspace) else {
        return Report::failed(by_hand(&packages));
    };
    let updated = apt(workspace, prefix, &["update", "-q"]);
    let wanted = [&["install", "-q", "-y", "--no-install-recommends"], packages.as_slice()].concat();
    if !updated || !apt(workspace, prefix, &wanted) {
        return Report::failed(by_hand(&packages));
    }
    let left = missing(|program| find_program(program).is_some());
    Report::of(left.is_empty(), format!("still missing after the installation: {}", left.join(" ")))
}

fn missing(is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    NEEDED.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect()
}

fn by_hand(packages: &[&str]) -> String {
    format!("install by hand: apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Runs apt-get without questions.
pub(super) fn apt(workspace: &Workspace, prefix: &[&str], arguments: &[&str]) -> bool {
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments].concat();
    succeeds(&mut workspace.command(words[0], &words[1..]))
}

/// What stands before a command that needs root; `None` when there is no way.
pub(super) fn root_prefix(workspace: &Workspace) -> Option<&'static [&'static str]> {
    find_program("apt-get")?;
    let id = workspace.command("id", &["-u"]).output().ok()?;
    if id.stdout.trim_ascii() == b"0" {
        return Some(&[]);
    }
    find_program("sudo")?;
    let may = workspace.command("sudo", &["-n", "true"]).output().ok()?;
    may.status.success().then_some(&["sudo", "-n"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(
            missing(|program| program != "chromedriver" && program != "redis-cli"),
            ["redis-tools", "chromium-driver"]
        );
        assert!(missing(|_| true).is_empty());
    }

    #[test]
    fn what_to_do_by_hand_is_a_command() {
        assert_eq!(
            by_hand(&["openssl"]),
            "install by hand: apt-get install -y --no-install-recommends openssl"
        );
    }
}
