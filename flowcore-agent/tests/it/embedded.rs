//! Agents of this process: a source of given events, sinks that remember what they got.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::sink::{EventSerializer, HeaderAndTextSerializer};
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, Sink, SinkError, Source, SourceError};
use flowcore_agent::AgentFile;
use flowcore_agent::registry::Registry;

/// Puts its events one by one, and ends.
struct Script(Vec<Event>);

#[async_trait]
impl Source for Script {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        for event in self.0.drain(..) {
            out.put(Batch::untracked(vec![event])).await.map_err(SourceError::retry)?;
        }
        Ok(())
    }
}

/// What the sinks got, and how often each was tried.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Try>>>);

struct Try {
    sink: String,
    events: Vec<Event>,
    failed: bool,
}

impl Seen {
    /// What a sink got, each event as `{headers} body`.
    pub(crate) fn by(&self, sink: &str) -> Vec<String> {
        let tries = self.0.lock().unwrap();
        let got = tries.iter().filter(|one| one.sink == sink && !one.failed);
        got.flat_map(|one| one.events.iter().map(shown)).collect()
    }

    /// How often a sink was tried.
    pub(crate) fn tries(&self, sink: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|one| one.sink == sink).count()
    }
}

fn shown(event: &Event) -> String {
    let mut text = Vec::new();
    HeaderAndTextSerializer::new().append_newline(false).append(event, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Fails as often as `failures` says, then remembers.
struct Record {
    seen: Seen,
    failures: Arc<Mutex<u64>>,
    name: String,
}

#[async_trait]
impl Sink for Record {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        context.name.as_ref().clone_into(&mut self.name);
        Ok(())
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let failed = {
            let mut failures = self.failures.lock().unwrap();
            let fails = *failures > 0;
            *failures = failures.saturating_sub(1);
            fails
        };
        let (sink, events) = (self.name.clone(), events.to_vec());
        self.seen.0.lock().unwrap().push(Try { sink, events, failed });
        if failed { Err(SinkError::retry(std::io::Error::other("on purpose"))) } else { Ok(()) }
    }
}

/// The built-in types, and `test.Script`, whose events are `events`, and `test.Record`, whose key `failures`
/// says how often it fails at first.
pub(crate) fn registry(events: Vec<Event>, seen: &Seen) -> Registry {
    registry_with(events, seen, "test.Record")
}

/// The same with another name for the sink.
pub(crate) fn registry_with(events: Vec<Event>, seen: &Seen, sink: &str) -> Registry {
    let seen = seen.clone();
    Registry::builtin()
        .source("test.Script", move |_| {
            let mut events = Some(events.clone());
            Ok(move || Script(events.take().unwrap_or_default()))
        })
        .sink(sink, move |settings| {
            let failures = settings.text("failures").unwrap_or("0").parse().unwrap();
            let (seen, failures) = (seen.clone(), Arc::new(Mutex::new(failures)));
            Ok(move || Record { seen: seen.clone(), failures: failures.clone(), name: String::new() })
        })
}

/// Each line behind `prefix`.
pub(crate) fn with_prefix(prefix: &str, lines: &str) -> String {
    let lines = lines.lines().map(|line| [prefix, line.trim(), "\n"].concat());
    lines.collect()
}

/// `events` through one channel to the sink k1, with `more` in the configuration.
pub(crate) async fn through(more: &str, events: Vec<Event>) -> Seen {
    run(&format!("{FRAME}{more}"), events).await
}

pub(crate) const FRAME: &str = "a1.sources = r1\na1.channels = c1\na1.sinks = k1\n\
    a1.sources.r1.type = test.Script\na1.sources.r1.channels = c1\na1.channels.c1.type = memory\n\
    a1.channels.c1.capacity = 1000\na1.sinks.k1.type = test.Record\na1.sinks.k1.channel = c1\n";

/// Runs the agent a1 of `conf` until all events are delivered.
pub(crate) async fn run(conf: &str, events: Vec<Event>) -> Seen {
    let seen = Seen::default();
    let file = AgentFile::from_properties(conf).registry(registry(events, &seen));
    let agent = file.agent("a1").unwrap_or_else(|error| panic!("{error}"));
    let report = agent.start().await.unwrap().wait().await.unwrap();
    assert!(report.left.iter().all(|left| &*left.channel != "c1"), "{report:?}");
    seen
}
