//! `cargo xtask`: what people and CI both call.

mod bench;
mod check;
mod fuzz;
mod install;
mod report;
mod test;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  check   format, clippy, docs, import rules, words, file sizes, licences, advisories
  test    installs the servers and the browser that tests start, then runs every test
  bench   measures each subject beside its peers: [SUBJECT…] [--quick] [--rounds N] [--json FILE]
          [--with storm]: a real Storm beside ours, where Java and Maven are
  fuzz    runs fuzz targets, all if none is named: [TARGET…] [--seconds 60] [--seed N]; TARGET --input FILE repeats one input

The first two run all of their steps even if one fails, and end with a summary. `test` runs each fuzz target as
well: for a minute with CI=true, else for some seconds. What a target fails on is kept in `fuzz/found`.
`check` changes nothing. `test` installs Debian packages if any is missing: as root or with `sudo -n`;
otherwise it prints what to install. It builds Helm and kubectl-validate with Go, once, into `tools` of cargo's
build folder, unless they are installed.
";

fn main() -> ExitCode {
    let workspace = Workspace::locate();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check"] => check::run(&workspace),
        ["test"] => test::run(&workspace),
        ["bench", arguments @ ..] => bench::run(&workspace, arguments),
        ["fuzz", arguments @ ..] => fuzz::run(&workspace, arguments),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        other => {
            eprintln!("unknown command: {}\n\n{HELP}", other.join(" "));
            ExitCode::from(2)
        }
    }
}
