use flowcore::process::futures::StreamSpout;
use flowcore::process::{TopologyBuilder, for_each};

fn numbers() -> StreamSpout<futures_util::stream::Iter<std::ops::Range<u64>>> {
    StreamSpout::new(futures_util::stream::iter(0..9))
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", numbers);
    topology.bolt("look", || for_each(|number: u64| println!("{number}"))).shuffle(&numbers);
}
