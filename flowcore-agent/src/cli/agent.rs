use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::ingest::Agent;
use tokio::runtime::Runtime;

use super::check::{names, total};
use super::external::ask;
use super::options::AgentOptions;
use super::read::{ReadError, contents, with_causes};
use super::system::{log_level, reads_bare_environment, system_properties};
use super::{Exit, serve, table};
use crate::check::{Options, summarise};
use crate::diagnostic::{Diagnostic, Renderer, Severity};
use crate::interpolate::Lookups;
use crate::monitor::MonitorPlan;
use crate::registry::Registry;
use crate::{Checked, assemble, date_now, load_files};

/// `flowcore agent`.
pub(super) fn run(options: &AgentOptions, registry: &Registry) -> Exit {
    let system = system_properties(&options.system);
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(log_level(&system)).init();
    let monitoring = match MonitorPlan::read(&system) {
        Ok(monitoring) => monitoring,
        Err(error) => return failed(Exit::BadConfiguration, &error),
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(Exit::Failed, &error),
    };
    let checked = match load(options, &system, registry, &runtime) {
        Ok(checked) => checked,
        Err(error) => return failed(Exit::BadConfiguration, &error),
    };
    let Some(name) = chosen(options, &checked) else { return Exit::BadConfiguration };
    complain(&checked, &name);
    if options.dryrun {
        return dry_run(&checked, &name);
    }
    match assemble(&checked, &name, registry, Duration::from_secs(options.grace)) {
        Ok(agent) => start(&runtime, agent, options, monitoring),
        Err(error) => failed(Exit::BadConfiguration, &error),
    }
}

fn start(runtime: &Runtime, agent: Agent, options: &AgentOptions, monitoring: MonitorPlan) -> Exit {
    without_effect(options, &monitoring);
    let exit = runtime.block_on(serve::serve(agent, monitoring.config));
    tracing::info!(code = exit as u8, "ends");
    exit
}

fn load(
    options: &AgentOptions,
    system: &BTreeMap<String, String>,
    registry: &Registry,
    runtime: &Runtime,
) -> Result<Checked, ReadError> {
    let files = contents(&options.files)?;
    let files = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    let lookups = Lookups {
        environment: &|name| std::env::var(name).ok(),
        system,
        date: &date_now,
        bare_environment: reads_bare_environment(system),
    };
    Ok(load_files(files, &lookups, &mut |call| Some(ask(runtime, call)), Options::default(), registry)?)
}

/// The agent that was asked for, or the only one.
fn chosen(options: &AgentOptions, checked: &Checked) -> Option<String> {
    let agents = &checked.config.agents;
    match (&options.name, agents.as_slice()) {
        (Some(name), _) if checked.config.agent(name).is_some() => return Some(name.clone()),
        (Some(name), _) => eprintln!("error: there is no agent {name}; {}", names(checked)),
        (None, [only]) => return Some(only.name.clone()),
        (None, _) => eprintln!("error: say with --name which agent is to run; {}", names(checked)),
    }
    None
}

/// Shows errors and warnings about the agent.
fn complain(checked: &Checked, name: &str) {
    let said: Vec<&Diagnostic> = checked.about(name).filter(|said| said.severity > Severity::Note).collect();
    let mut text = String::new();
    let renderer = Renderer::new(&checked.files, false);
    // Writing to a `String` cannot fail.
    let _ = said.iter().try_for_each(|diagnostic| renderer.write(diagnostic, &mut text));
    if !said.is_empty() {
        eprintln!("{text}{}", total(&said));
    }
}

fn dry_run(checked: &Checked, name: &str) -> Exit {
    let mut text = String::new();
    if let Some(agent) = checked.config.agent(name) {
        // Writing to a `String` cannot fail.
        let _ = table::write(&summarise(agent), &mut text);
    }
    println!("{}", text.trim_end());
    let is_bad = checked.about(name).any(|said| said.severity == Severity::Error);
    if is_bad { Exit::BadConfiguration } else { Exit::Clean }
}

/// Options that Flume followed.
fn without_effect(options: &AgentOptions, monitoring: &MonitorPlan) {
    for property in &monitoring.without_effect {
        tracing::warn!(%property, "has no effect");
    }
    if options.classpath.is_some() || options.plugins_path.is_some() {
        tracing::warn!("there is no class path: components of one's own are registered in a program");
    }
    if let Some(script) =
        options.conf.as_ref().map(|conf| conf.join("flume-env.sh")).filter(|path| path.exists())
    {
        tracing::warn!(script = %script.display(), "is not run");
    }
    if !options.no_reload_conf {
        tracing::info!("changes of the configuration are not followed yet while the agent runs");
    }
}

fn failed(exit: Exit, error: &dyn std::error::Error) -> Exit {
    eprintln!("error: {}", with_causes(error));
    exit
}
