use flowcore::process::futures::StreamSpout;
use flowcore::process::TopologyBuilder;

fn main() {
    let spout = || StreamSpout::new(futures_util::stream::iter(0..9));
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", spout);
    topology.spout("more", spout).shuffle(&numbers);
}
