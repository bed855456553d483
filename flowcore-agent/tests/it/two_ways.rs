//! One agent, written as a configuration and built in code.

use std::path::Path;

use flowcore::ingest::agent::AgentSnapshot;
use flowcore::ingest::interceptor::StaticInterceptor;
use flowcore::ingest::sink::{HeaderAndTextSerializer, RollingFileSink};
use flowcore::ingest::source::SeqSource;
use flowcore::ingest::{Agent, AgentBuilder, FailoverPolicy, MemoryChannel};
use flowcore_agent::FromProperties;

use crate::program::{lines_in, until};

const CONF: &str = "\
a1.sources = numbers
a1.channels = files spare
a1.sinks = all first second
a1.sinkgroups = pair
a1.sources.numbers.type = seq
a1.sources.numbers.batchSize = 10
a1.sources.numbers.totalEvents = 500
a1.sources.numbers.channels = files spare
a1.sources.numbers.interceptors = i1
a1.sources.numbers.interceptors.i1.type = static
a1.sources.numbers.interceptors.i1.key = from
a1.sources.numbers.interceptors.i1.value = numbers
a1.channels.files.type = memory
a1.channels.files.capacity = 1000
a1.channels.files.transactionCapacity = 50
a1.channels.spare.type = memory
a1.channels.spare.capacity = 700
a1.sinks.all.type = file_roll
a1.sinks.all.channel = files
a1.sinks.all.sink.directory = {dir}/all
a1.sinks.all.sink.batchSize = 50
a1.sinks.all.sink.serializer = header_and_text
a1.sinks.first.type = file_roll
a1.sinks.first.channel = spare
a1.sinks.first.sink.directory = {dir}/first
a1.sinks.second.type = file_roll
a1.sinks.second.channel = spare
a1.sinks.second.sink.directory = {dir}/second
a1.sinkgroups.pair.sinks = first second
a1.sinkgroups.pair.processor.type = failover
a1.sinkgroups.pair.processor.priority.first = 10
a1.sinkgroups.pair.processor.priority.second = 5
";

fn built(folder: &Path) -> Agent {
    let numbers = SeqSource::new().batch_size(10).total_events(500);
    let at = |name: &str| folder.join(name);
    let (all, first, second) = (at("all"), at("first"), at("second"));
    AgentBuilder::new("a1")
        .channel("files", MemoryChannel::builder().capacity(1000).transaction(50))
        .channel("spare", MemoryChannel::builder().capacity(700).transaction(100))
        .sink_group("pair", FailoverPolicy::new([Some(10), Some(5)]).unwrap())
        .sink("first", move || RollingFileSink::new(&first))
        .sink("second", move || RollingFileSink::new(&second))
        .batch(100)
        .from("spare")
        .sink("all", move || RollingFileSink::new(&all).serializer(HeaderAndTextSerializer::new()))
        .batch(50)
        .from("files")
        .source("numbers", move || numbers.clone())
        .interceptor(StaticInterceptor::new("from", "numbers"))
        .into(["files", "spare"])
        .build()
        .unwrap()
}

/// What an agent has, and what it has done when it has ended.
fn shape(agent: &AgentSnapshot) -> Vec<String> {
    let sources = agent.sources.iter().map(|s| format!("source {} {:?} {}", s.name, s.channels, s.written));
    let channels = agent.channels.iter().map(|c| format!("channel {} {}", c.name, c.state.capacity));
    let sinks = agent.sinks.iter().map(|s| {
        let members: Vec<_> = s.members.iter().map(|m| format!("{} {}", m.name, m.delivered)).collect();
        format!("sink {} {} {} {members:?}", s.name, s.channel, s.delivered)
    });
    sources.chain(channels).chain(sinks).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_and_the_builder_make_the_same_agent() {
    let (written, coded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let conf = CONF.replace("{dir}", written.path().to_str().unwrap());
    let agents = [Agent::from_properties("a1", conf).unwrap(), built(coded.path())];
    let mut shapes = Vec::new();
    for agent in agents {
        let handle = agent.start().await.unwrap();
        // A sequence that has come to its end waits.
        until("all events", || handle.snapshot().sinks.iter().all(|sink| sink.delivered == 500));
        let report = handle.stop().await.unwrap();
        assert!(report.left.is_empty(), "{report:?}");
        shapes.push(shape(&report.snapshot));
    }
    assert_eq!(shapes[0], shapes[1]);
    assert!(shapes[0].contains(&"sink all files 500 []".to_owned()), "{shapes:?}");
    for folder in ["all", "first", "second"] {
        assert_eq!(lines_in(&written.path().join(folder)), lines_in(&coded.path().join(folder)));
    }
    assert!(lines_in(&written.path().join("all")).contains(&"{from=numbers} 499".to_owned()));
    assert_eq!(lines_in(&written.path().join("first")).len(), 500);
}
