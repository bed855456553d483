use flowcore::process::futures::StreamSpout;
use flowcore::process::{TopologyBuilder, for_each};

fn numbers() -> StreamSpout<futures_util::stream::Iter<std::ops::Range<u64>>> {
    StreamSpout::new(futures_util::stream::iter(0..9))
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", numbers);
    let look = || for_each(|number: &u64| println!("{number}"));
    topology.bolt("look", look).fields_by(&numbers, |_| 0.5);
}
