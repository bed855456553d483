use flowcore::process::futures::StreamSpout;
use flowcore::process::{TopologyBuilder};

fn numbers() -> StreamSpout<futures_util::stream::Iter<std::ops::Range<u64>>> {
    StreamSpout::new(futures_util::stream::iter(0..9))
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", numbers);
    numbers.map("double", |number: u64| number * 2);
}
