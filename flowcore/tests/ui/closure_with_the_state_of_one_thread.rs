use std::rc::Rc;

use flowcore::process::futures::StreamSpout;
use flowcore::process::{TopologyBuilder, for_each};

fn numbers() -> StreamSpout<futures_util::stream::Iter<std::ops::Range<u64>>> {
    StreamSpout::new(futures_util::stream::iter(0..9))
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", numbers);
    let look = || {
        let count = Rc::new(0);
        for_each(move |number: &u64| println!("{count} {number}"))
    };
    topology.bolt("look", look).shuffle(&numbers);
}
