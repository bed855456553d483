use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::group::GroupPlan;
use super::problem::AgentProblem;
use super::snapshot::ComponentKind;
use super::transition::{Connected, Wiring};
use crate::base::{Backoff, Clock, RestartPolicy};
use crate::ingest::{ChannelFactory, Interceptor, Selector, Sink, Source};

pub(super) type MakeSource<T> = Box<dyn FnMut() -> Box<dyn Source<T>> + Send>;
pub(super) type MakeSink<T> = Box<dyn FnMut() -> Box<dyn Sink<T>> + Send>;

/// Everything that a builder was told.
pub(super) struct Plan<T: Send + 'static> {
    pub(super) name: Arc<str>,
    pub(super) clock: Clock,
    pub(super) grace: Duration,
    pub(super) channels: Vec<ChannelPlan<T>>,
    pub(super) sources: Vec<SourcePlan<T>>,
    pub(super) sinks: Vec<SinkPlan<T>>,
    pub(super) read_elsewhere: Vec<Arc<str>>,
    pub(super) written_elsewhere: Vec<Arc<str>>,
    /// What the types of components are called.
    pub(super) types: HashMap<(ComponentKind, Arc<str>), Arc<str>>,
    /// Whether a component that cannot work leaves the others alone.
    pub(super) keeps_going: bool,
}

pub(super) struct ChannelPlan<T: Send + 'static> {
    pub(super) name: Arc<str>,
    pub(super) factory: Box<dyn ChannelFactory<T>>,
}

pub(super) struct SourcePlan<T: Send + 'static> {
    pub(super) name: Arc<str>,
    pub(super) make: MakeSource<T>,
    pub(super) required: Vec<Arc<str>>,
    pub(super) optional: Vec<Arc<str>>,
    pub(super) interceptors: Vec<Box<dyn Interceptor<T>>>,
    pub(super) selector: Option<Box<dyn Selector<T>>>,
    pub(super) restart: RestartPolicy,
}

pub(super) struct SinkPlan<T: Send + 'static> {
    pub(super) name: Arc<str>,
    pub(super) kind: SinkKind<T>,
    pub(super) channel: Arc<str>,
    pub(super) batch: usize,
    pub(super) retry: Backoff,
    pub(super) restart: RestartPolicy,
}

pub(super) enum SinkKind<T: Send + 'static> {
    Single(MakeSink<T>),
    Group(GroupPlan<T>),
}

impl<T: Send + 'static> SinkPlan<T> {
    /// Its name, and those of its members.
    fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        let members = match &self.kind {
            SinkKind::Single(_) => &[],
            SinkKind::Group(group) => group.members.as_slice(),
        };
        std::iter::once(&self.name).chain(members.iter().map(|member| &member.name))
    }
}

impl<T: Send + 'static> SourcePlan<T> {
    pub(super) fn channels(&self) -> impl Iterator<Item = &Arc<str>> {
        self.required.iter().chain(&self.optional)
    }
}

impl<T: Send + 'static> Plan<T> {
    pub(super) fn wiring(&self) -> Wiring {
        let source = |source: &SourcePlan<T>| {
            let channels = source.channels().cloned().collect();
            Connected { name: source.name.clone(), channels }
        };
        let sink =
            |sink: &SinkPlan<T>| Connected { name: sink.name.clone(), channels: vec![sink.channel.clone()] };
        Wiring {
            channels: self.channels.iter().map(|channel| channel.name.clone()).collect(),
            sources: self.sources.iter().map(source).collect(),
            sinks: self.sinks.iter().map(sink).collect(),
        }
    }

    /// Everything that is wrong, in the order in which it was said.
    pub(super) fn problems(&self) -> Vec<AgentProblem> {
        let mut problems = Vec::new();
        names("channel", self.channels.iter().map(|channel| &channel.name), &mut problems);
        names("source", self.sources.iter().map(|source| &source.name), &mut problems);
        names("sink", self.sinks.iter().flat_map(SinkPlan::names), &mut problems);
        self.unknown_channels(&mut problems);
        for source in &self.sources {
            source.problems(&mut problems);
        }
        for sink in &self.sinks {
            if let SinkKind::Group(group) = &sink.kind {
                problems.extend(group.problem(&sink.name));
            }
        }
        self.unused_channels(&mut problems);
        problems
    }

    fn unknown_channels(&self, problems: &mut Vec<AgentProblem>) {
        let known: HashSet<&str> = self.channels.iter().map(|channel| &*channel.name).collect();
        let sources = self.sources.iter().flat_map(|source| source.channels().map(|c| (&*source.name, c)));
        let sinks = self.sinks.iter().map(|sink| (&*sink.name, &sink.channel));
        let read = self.read_elsewhere.iter().map(|channel| ("read_elsewhere", channel));
        let written = self.written_elsewhere.iter().map(|channel| ("written_elsewhere", channel));
        for (component, channel) in sources.chain(sinks).chain(read).chain(written) {
            if !known.contains(&**channel) {
                let (component, channel) = (component.into(), channel.clone());
                problems.push(AgentProblem::UnknownChannel { component, channel });
            }
        }
    }

    fn unused_channels(&self, problems: &mut Vec<AgentProblem>) {
        let read = self.sinks.iter().map(|sink| &sink.channel).chain(&self.read_elsewhere);
        let read: HashSet<&Arc<str>> = read.collect();
        let written = self.sources.iter().flat_map(SourcePlan::channels).chain(&self.written_elsewhere);
        let written: HashSet<&Arc<str>> = written.collect();
        let mut seen = HashSet::new();
        for name in self.channels.iter().map(|channel| &channel.name).filter(|name| seen.insert(*name)) {
            if !read.contains(name) {
                problems.push(AgentProblem::NoReader { channel: name.clone() });
            }
            if !written.contains(name) {
                problems.push(AgentProblem::NoWriter { channel: name.clone() });
            }
        }
    }
}

impl<T: Send + 'static> SourcePlan<T> {
    fn problems(&self, problems: &mut Vec<AgentProblem>) {
        let mut seen = HashSet::new();
        for channel in self.channels() {
            if !seen.insert(channel) {
                let (source_name, channel) = (self.name.clone(), channel.clone());
                problems.push(AgentProblem::ConnectedTwice { source_name, channel });
            }
        }
        let source_name = self.name.clone();
        match seen.len() {
            0 => problems.push(AgentProblem::NoChannel { source_name }),
            1..=64 => {}
            _ => problems.push(AgentProblem::TooManyChannels { source_name }),
        }
    }
}

fn names<'a>(
    kind: &'static str,
    names: impl Iterator<Item = &'a Arc<str>>,
    problems: &mut Vec<AgentProblem>,
) {
    let (mut seen, mut told) = (HashSet::new(), HashSet::new());
    for name in names {
        if name.is_empty() {
            problems.push(AgentProblem::EmptyName { kind });
        } else if !seen.insert(name) && told.insert(name) {
            problems.push(AgentProblem::DuplicateName { kind, name: name.clone() });
        }
    }
}
