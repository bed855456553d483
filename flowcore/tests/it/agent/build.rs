use flowcore::ingest::agent::AgentProblem;
use flowcore::ingest::{AgentBuilder, MemoryChannel};

use super::parts::{Counter, Fault, Log, Memory};

#[test]
fn one_error_lists_everything_that_is_wrong() {
    let log = Log::default();
    let counter = Counter::new(1, Fault::None, &log);
    let (second, sink) = (counter.clone(), Memory::new(Fault::None, &log));
    let error = AgentBuilder::new("collector")
        .channel("a", MemoryChannel::builder())
        .channel("a", MemoryChannel::builder())
        .channel("idle", MemoryChannel::builder())
        .source("orders", move || counter.anew())
        .into(["a", "a", "nowhere"])
        .source("orders", move || second.anew())
        .into(Vec::<&str>::new())
        .sink("", move || sink.clone())
        .from("nowhere")
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 10);
    let first = AgentProblem::DuplicateName { kind: "channel", name: "a".into() };
    assert_eq!(error.problems()[0], first);
    for part in [
        "agent collector cannot be built: there are two channels named a; there are two sources named orders",
        "a sink has an empty name",
        "orders is connected to channel nowhere, which does not exist",
        "source orders is connected to channel a twice",
        "source orders is connected to no channel",
        "no sink takes from channel a ",
        "no source puts into channel idle ",
    ] {
        assert!(error.to_string().contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn a_channel_that_a_bridge_reads_needs_no_sink() {
    let counter = Counter::new(1, Fault::None, &Log::default());
    let agent = AgentBuilder::new("collector")
        .channel("orders", MemoryChannel::builder())
        .read_elsewhere("orders")
        .source("counter", move || counter.anew())
        .into(["orders"])
        .build();
    assert!(agent.is_ok());
}
