//! `flowcore-bench-agents CONTESTANT SIZE` runs agents as processes, once, checks what they did and prints what
//! they reached, one line each: `VALUE UNIT of WORK`. `cargo xtask bench` calls it.

use std::process::ExitCode;

use flowcore_benches::{Failure, agents};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match &arguments[..] {
        [name, size] => size.parse().ok().map(|size| (name.as_str(), size)),
        _ => None,
    };
    let Some((name, size)) = parsed else {
        eprintln!("usage: flowcore-bench-agents CONTESTANT SIZE");
        return ExitCode::from(2);
    };
    // One thread: the agents have the others.
    let runtime = Builder::new_current_thread().enable_all().build();
    let ran = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(agents::run(name, size)));
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
