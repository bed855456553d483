use std::fmt::Write;

use flowcore::base::with_causes;

use super::options::CheckOptions;
use super::output::{complain, counted, say};
use super::said::names;
use super::system::{reads_bare_environment, system_properties};
use super::{Exit, json, table};
use crate::check::{Options, Summary, summarise};
use crate::diagnostic::{Diagnostic, Renderer, Severity};
use crate::interpolate::Lookups;
use crate::origin::contents;
use crate::registry::Registry;
use crate::{Checked, date_now, load_files, without_running};

/// `flowcore check`.
pub(super) fn run(options: &CheckOptions, registry: &Registry, colours: bool) -> Exit {
    let checked = match load(options, registry) {
        Ok(checked) => checked,
        Err(error) => {
            complain(format_args!("error: {}", with_causes(&*error)));
            return Exit::BadConfiguration;
        }
    };
    if let Some(name) = options.name.as_deref().filter(|name| checked.config.agent(name).is_none()) {
        complain(format_args!("error: there is no agent {name}; {}", names(&checked)));
        return Exit::BadConfiguration;
    }
    let is_asked = |agent: &str| options.name.as_deref().is_none_or(|name| name == agent);
    let agents = checked.config.agents.iter().filter(|agent| is_asked(&agent.name));
    let summaries: Vec<Summary> = agents.map(summarise).collect();
    let said: Vec<&Diagnostic> = match &options.name {
        Some(name) => checked.about(name).collect(),
        None => checked.diagnostics.iter().collect(),
    };
    match shown(options, &checked, &summaries, &said, colours) {
        Ok(text) => say(text.trim_end()),
        Err(error) => complain(format_args!("error: {error}")),
    }
    if checked.config.agents.is_empty() {
        complain("error: no agent is here: lines begin with its name, as in `a1.sources = r1`");
        return Exit::BadConfiguration;
    }
    let worst = said.iter().map(|diagnostic| diagnostic.severity).max();
    let fails = if options.strict { Severity::Warning } else { Severity::Error };
    if worst >= Some(fails) { Exit::BadConfiguration } else { Exit::Clean }
}

fn load(options: &CheckOptions, registry: &Registry) -> Result<Checked, Box<dyn std::error::Error>> {
    let files = contents(&options.files)?;
    let files = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    let checks = Options { strict: options.strict, lenient: options.lenient };
    let system = system_properties(&options.system);
    let lookups = Lookups {
        environment: &|name| std::env::var(name).ok(),
        system: &system,
        date: &date_now,
        bare_environment: reads_bare_environment(&system),
    };
    Ok(load_files(files, &lookups, &mut without_running, checks, registry)?)
}

fn shown(
    options: &CheckOptions,
    checked: &Checked,
    summaries: &[Summary],
    said: &[&Diagnostic],
    colours: bool,
) -> Result<String, Box<dyn std::error::Error>> {
    if options.json {
        return Ok(json::json(checked, summaries, said)?);
    }
    let mut text = String::new();
    for summary in summaries {
        table::write(summary, &mut text)?;
    }
    let renderer = Renderer::new(&checked.files, colours);
    for diagnostic in said {
        renderer.write(diagnostic, &mut text)?;
    }
    write!(text, "{}", total(said))?;
    Ok(text)
}

pub(super) fn total(said: &[&Diagnostic]) -> String {
    let count = |severity: Severity| {
        let many = said.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        counted(many, severity.as_str())
    };
    format!("{}, {}, {}", count(Severity::Error), count(Severity::Warning), count(Severity::Note))
}
