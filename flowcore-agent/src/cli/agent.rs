use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::{Backoff, Clock, StopSignals, with_causes};
use tokio::runtime::{Handle, Runtime};

use super::check::total;
use super::follower::Follower;
use super::loader::Loader;
use super::options::{AgentOptions, OriginOptions};
use super::output::{complain, say};
use super::said::names;
use super::serve::serve;
use super::system::{called_from_service, log_level, system_properties, unused, without_effect};
use super::{Exit, table};
use crate::Checked;
use crate::check::summarise;
use crate::components::raise_open_files;
use crate::diagnostic::{Diagnostic, Renderer, Severity};
use crate::monitor::MonitorPlan;
use crate::origin::{Backup, Contents, Credentials, Origin, Origins, ReadError, content, origin};
use crate::registry::Registry;
use crate::reload::Meaning;

/// `flowcore agent`.
pub(super) fn run(options: &AgentOptions, registry: &Registry) -> Exit {
    let system = system_properties(&options.system);
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_max_level(log_level(&system))
        // Such an error, as of a reader that has gone, would be printed there in vain, and panic.
        .log_internal_errors(false)
        .init();
    if let Some(refused) = options.old.refused() {
        complain(format_args!("error: {refused}"));
        return Exit::Usage;
    }
    let monitoring = match MonitorPlan::read(&system) {
        Ok(monitoring) => monitoring,
        Err(error) => return failed(Exit::BadConfiguration, &error),
    };
    let origins = match origins(options) {
        Ok(origins) => origins,
        Err(error) => return failed(Exit::Usage, &error),
    };
    raise_open_files();
    match Runtime::new() {
        Ok(runtime) => {
            let start = Start { options, registry, system: &system, origins, monitoring: &monitoring };
            let exit = runtime.block_on(start.run());
            // A thread that hangs on a disk or a terminal keeps nobody from ending.
            runtime.shutdown_background();
            exit
        }
        Err(error) => failed(Exit::Failed, &error),
    }
}

fn origins(options: &AgentOptions) -> Result<Origins, impl std::error::Error + use<>> {
    let OriginOptions { uris, user, password, verify_host, .. } = &options.origin;
    let mut places: Vec<Origin> = options.files.iter().cloned().map(Origin::File).collect();
    for uri in uris {
        places.push(origin(uri)?);
    }
    let credentials = user.clone().zip(password.clone());
    let credentials = credentials.map(|(user, password)| Credentials { user, password });
    Ok::<_, crate::origin::AddressError>(Origins { places, credentials, verifies_host: *verify_host })
}

/// From what was said to an agent that runs.
struct Start<'a> {
    options: &'a AgentOptions,
    registry: &'a Registry,
    system: &'a BTreeMap<String, String>,
    origins: Origins,
    monitoring: &'a MonitorPlan,
}

/// What an agent is started with.
struct First {
    contents: Contents,
    /// Not where it should be: a copy.
    is_copy: bool,
}

impl Start<'_> {
    async fn run(self) -> Exit {
        let mut signals = match StopSignals::listen() {
            Ok(signals) => signals,
            Err(error) => return failed(Exit::Failed, &error),
        };
        let first = tokio::select! {
            first = self.first() => first,
            _ = signals.next() => return Exit::Clean,
        };
        let First { contents, is_copy } = match first {
            Ok(first) => first,
            Err(error) => return failed(Exit::BadConfiguration, &error),
        };
        let loader = self.loader();
        let checked = match loader.check(&contents) {
            Ok(checked) => checked,
            Err(error) => return failed(Exit::BadConfiguration, &error),
        };
        let Some(name) = self.chosen(&checked) else { return Exit::BadConfiguration };
        show_problems(&checked, &name);
        without_effect(self.options, self.monitoring);
        for property in unused(self.system, checked.files.iter().map(|file| file.text.as_str())) {
            tracing::warn!(property, "has no effect");
        }
        if self.options.dryrun {
            return dry_run(&checked, &name);
        }
        let agent = match loader.agent(&checked, &name) {
            Ok(agent) => agent,
            Err(error) => return failed(Exit::BadConfiguration, &error),
        };
        let follower = self.follower(loader, &checked, &name, (!is_copy).then_some(contents));
        let exit = serve(agent, follower, self.monitoring.config.clone(), signals).await;
        tracing::info!(code = exit as u8, "ends");
        exit
    }

    fn loader(&self) -> Loader<'_> {
        let grace = Duration::from_secs(self.options.grace);
        Loader { system: self.system, registry: self.registry, grace, runtime: Handle::current() }
    }

    /// What can be read; a copy of what ran last; or, for a service, what is there at last.
    async fn first(&self) -> Result<First, ReadError> {
        let error = match self.origins.read().await {
            Ok(contents) => return Ok(First { contents, is_copy: false }),
            Err(error) => error,
        };
        let copy = self.backup(self.options.name.as_deref().unwrap_or_default());
        if let Some(Ok(kept)) = copy.as_ref().map(|copy| content(copy.path())) {
            let path = copy.map(|copy| copy.path().display().to_string()).unwrap_or_default();
            tracing::warn!(error = with_causes(&error), path, "runs what ran last");
            return Ok(First { contents: vec![(path, kept)], is_copy: true });
        }
        if !called_from_service(self.system) || self.options.dryrun {
            return Err(error);
        }
        tracing::warn!(error = with_causes(&error), "waits for the configuration");
        loop {
            Clock::system().sleep(self.poll().min(Duration::from_secs(1))).await;
            if let Ok(contents) = self.origins.read().await {
                return Ok(First { contents, is_copy: false });
            }
        }
    }

    fn backup(&self, name: &str) -> Option<Backup> {
        let folder = self.options.origin.backup_directory.as_ref()?;
        Some(Backup::new(folder, name))
    }

    fn poll(&self) -> Duration {
        let usual = if self.origins.has_web() && self.origins.files().next().is_none() { 300 } else { 30 };
        Duration::from_secs(self.options.origin.poll_interval.unwrap_or(usual))
    }

    fn follower<'a>(
        &'a self,
        loader: Loader<'a>,
        checked: &Checked,
        name: &str,
        seen: Option<Contents>,
    ) -> Option<Follower<'a>> {
        let backup = self.backup(name);
        if let Some(backup) = backup.as_ref().filter(|_| seen.is_some()) {
            backup.keep_or_say(&checked.files);
        }
        let running = Meaning::of(checked, name)?;
        (!self.options.origin.no_reload_conf).then(|| Follower {
            loader,
            origins: self.origins.clone(),
            name: name.to_owned(),
            seen,
            running,
            unfinished: None,
            refused: None,
            not_started: None,
            poll: self.poll(),
            backup,
            retry: Backoff::new(Duration::from_millis(100), Duration::from_secs(30)),
            clock: Clock::system(),
        })
    }

    /// The agent that was asked for, or the only one.
    fn chosen(&self, checked: &Checked) -> Option<String> {
        let agents = &checked.config.agents;
        match (&self.options.name, agents.as_slice()) {
            (Some(name), _) if checked.config.agent(name).is_some() => return Some(name.clone()),
            (Some(name), _) => {
                complain(format_args!("error: there is no agent {name}; {}", names(checked)));
            }
            (None, [only]) => return Some(only.name.clone()),
            (None, _) => {
                complain(format_args!("error: say with --name which agent is to run; {}", names(checked)));
            }
        }
        None
    }
}

/// Shows errors and warnings about the agent.
fn show_problems(checked: &Checked, name: &str) {
    let said: Vec<&Diagnostic> = checked.about(name).filter(|said| said.severity > Severity::Note).collect();
    let mut text = String::new();
    let renderer = Renderer::new(&checked.files, false);
    // Writing to a `String` cannot fail.
    let _ = said.iter().try_for_each(|diagnostic| renderer.write(diagnostic, &mut text));
    if !said.is_empty() {
        complain(format_args!("{text}{}", total(&said)));
    }
}

fn dry_run(checked: &Checked, name: &str) -> Exit {
    let mut text = String::new();
    if let Some(agent) = checked.config.agent(name) {
        // Writing to a `String` cannot fail.
        let _ = table::write(&summarise(agent), &mut text);
    }
    say(text.trim_end());
    let is_bad = checked.about(name).any(|said| said.severity == Severity::Error);
    if is_bad { Exit::BadConfiguration } else { Exit::Clean }
}

fn failed(exit: Exit, error: &dyn std::error::Error) -> Exit {
    complain(format_args!("error: {}", with_causes(error)));
    exit
}
