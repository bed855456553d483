use flowcore::process::futures::StreamSpout;
use flowcore::process::{Grouping, Routes, TopologyBuilder, for_each};

fn numbers() -> StreamSpout<futures_util::stream::Iter<std::ops::Range<u64>>> {
    StreamSpout::new(futures_util::stream::iter(0..9))
}

struct ByLength;

impl Grouping<String> for ByLength {
    fn route(&mut self, word: &String, to: &mut Routes) {
        to.task(word.len() % to.tasks());
    }
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", numbers);
    let look = || for_each(|number: &u64| println!("{number}"));
    topology.bolt("look", look).group(&numbers, || ByLength);
}
