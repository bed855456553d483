use flowcore::process::TopologyBuilder;

fn main() {
    let mut topology = TopologyBuilder::new("test");
    topology.spout("numbers", || 0..9);
}
