//! `flowcore tool`: the names of Flume's tools.

use clap::Args;

use super::Exit;
use super::output::complain;

/// Options of `tool`.
#[derive(Debug, Args)]
pub struct ToolOptions {
    /// Such as FCINTEGRITYTOOL.
    #[arg(value_name = "TOOL")]
    pub tool: String,
    /// What Flume's tool is told.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// `flowcore tool`.
pub(super) fn run(options: &ToolOptions) -> Exit {
    if options.tool.eq_ignore_ascii_case("FCINTEGRITYTOOL") {
        complain(
            "error: FCINTEGRITYTOOL mends Flume's own log files; a file channel of flowcore is looked at with \
             `flowcore channel check FOLDER`",
        );
    } else {
        complain(format_args!("error: there is no tool {}; Flume has FCINTEGRITYTOOL alone", options.tool));
    }
    Exit::Usage
}
