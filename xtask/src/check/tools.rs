//! rustfmt, clippy and rustdoc.

use crate::report::Report;
use crate::workspace::{Workspace, succeeds};

pub(crate) fn format(workspace: &Workspace) -> Report {
    let held = succeeds(&mut workspace.cargo(&["fmt", "--all", "--", "--check"]));
    Report::of(held, "the format differs; run `cargo fmt --all`")
}

pub(crate) fn clippy(workspace: &Workspace) -> Report {
    let arguments = ["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    Report::of(succeeds(&mut workspace.cargo(&arguments)), "clippy has findings; they are above")
}

pub(crate) fn docs(workspace: &Workspace) -> Report {
    let mut command = workspace.cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--locked"]);
    let held = succeeds(command.env("RUSTDOCFLAGS", "-D warnings"));
    Report::of(held, "rustdoc has findings; they are above")
}
