use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::ingest::Agent;
use tokio::runtime::Handle;

use super::external::ask;
use super::system::reads_bare_environment;
use crate::check::Options;
use crate::interpolate::Lookups;
use crate::origin::Contents;
use crate::properties::LoadError;
use crate::registry::Registry;
use crate::{AssembleError, Checked, assemble, date_now, load_files};

/// Makes agents of what was read, at the start and whenever it has changed.
pub(super) struct Loader<'a> {
    pub(super) system: &'a BTreeMap<String, String>,
    pub(super) registry: &'a Registry,
    pub(super) grace: Duration,
    pub(super) runtime: Handle,
}

impl Loader<'_> {
    /// Config filters may run programs: it blocks.
    pub(super) fn check(&self, contents: &Contents) -> Result<Checked, LoadError> {
        let files = contents.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
        let lookups = Lookups {
            environment: &|name| std::env::var(name).ok(),
            system: self.system,
            date: &date_now,
            bare_environment: reads_bare_environment(self.system),
        };
        let mut answer = |call: crate::interpolate::FilterCall<'_>| Some(ask(&self.runtime, call));
        tokio::task::block_in_place(|| {
            load_files(files, &lookups, &mut answer, Options::default(), self.registry)
        })
    }

    pub(super) fn agent(&self, checked: &Checked, name: &str) -> Result<Agent, AssembleError> {
        assemble(checked, name, self.registry, self.grace)
    }
}
