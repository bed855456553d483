//! Windows by event time, in whole topologies.

mod chained;
mod delivery;
mod firing;
mod random;
mod restarts;
mod storm_8;

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::TopologyBuilder;
use flowcore::process::time::EventTime;
use flowcore::process::window::{
    Bound, EventWindowResult, EventWindows, Firing, Late, LateReason, Layout, WindowSpec,
};
use flowcore_testkit::{Recorder, START, ScriptedSpout, simulate};

use super::{end_of, topology};

/// Something with a key and a time, in milliseconds since the start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    id: u64,
    key: u8,
    at: i64,
}

fn order(id: u64, key: u8, at: i64) -> Order {
    Order { id, key, at }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + millis)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Windows of ten milliseconds.
fn tens() -> WindowSpec {
    WindowSpec::tumbling(ms(10)).unwrap()
}

fn by_time() -> EventTime<Order> {
    EventTime::of(|order: &Order| at(order.at)).idle_after(Duration::from_secs(10))
}

/// Where a window begins, its key, on what occasion it was shown, and the tuples in it.
type Shown = (i64, u8, Firing, Vec<u64>);

fn shown(result: &EventWindowResult<u8, Vec<Order>>) -> Shown {
    let start = result.window.start.as_millis() - START.as_millis();
    (start, result.key, result.firing, result.contents.iter().map(|order| order.id).collect())
}

/// What came out of a topology.
struct Outcome<B = Timestamp> {
    results: Vec<EventWindowResult<u8, Vec<Order>, B>>,
    late: Vec<Late<Order>>,
    acked: Vec<Order>,
    counted_late: u64,
}

impl Outcome {
    fn shown(&self) -> Vec<Shown> {
        self.results.iter().map(shown).collect()
    }
}

impl<B> Outcome<B> {
    fn late(&self) -> Vec<(u64, LateReason)> {
        self.late.iter().map(|late| (late.tuple.id, late.reason)).collect()
    }

    fn acked(&self) -> Vec<u64> {
        let mut ids: Vec<_> = self.acked.iter().map(|order| order.id).collect();
        ids.sort_unstable();
        ids
    }
}

/// Runs a script through windows of all orders by key, to its end.
fn run<L: Layout>(script: &ScriptedSpout<Order>, windows: impl Into<EventWindows<L>>) -> Outcome<Bound<L>>
where
    Bound<L>: Copy,
{
    let (results, late, windows) = (Recorder::new(), Recorder::new(), windows.into());
    let counted_late = simulate(|clock| {
        let (results, late) = (results.clone(), late.clone());
        async move {
            let mut topology = topology(clock);
            let orders = topology.spout("orders", script.factory()).event_time(by_time());
            let bolt = orders.key_by(|order| order.key).window("windows", windows).collect();
            bolt.results().bolt("results", move || results.bolt());
            bolt.late().bolt("late", move || late.bolt());
            end_of(topology.build().unwrap()).await.unwrap().snapshot.component("windows").late
        }
    });
    Outcome { results: results.items(), late: late.items(), acked: script.acked(), counted_late }
}

/// A spout of orders with event time.
fn orders(
    topology: &mut TopologyBuilder,
    name: &str,
    script: &ScriptedSpout<Order>,
) -> flowcore::process::Stream<Order> {
    (*topology.spout(name, script.factory()).event_time(by_time())).clone()
}
