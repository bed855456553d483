//! What commands write for people. `println!` and `eprintln!` panic when whoever reads has gone, or when the
//! disk behind a redirection is full; nothing of what an agent does depends on its words.

use std::fmt::Display;
use std::io::{self, Write};

/// A line for standard output.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A line for standard error.
pub(super) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// As many of something, in words.
pub(super) fn counted(many: usize, what: &str) -> String {
    format!("{many} {what}{}", if many == 1 { "" } else { "s" })
}
