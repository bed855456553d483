use flowcore::process::futures::StreamSpout;
use flowcore::process::{Bolt, BoltError, Emitter, TopologyBuilder};

struct Both;

impl Bolt<u64> for Both {
    type Out = Emitter<u64>;

    async fn execute(&mut self, number: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(*number);
        Ok(())
    }
}

impl Bolt<i8> for Both {
    type Out = Emitter<i8>;

    async fn execute(&mut self, number: &i8, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(*number);
        Ok(())
    }
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let large = topology.spout("large", || StreamSpout::new(futures_util::stream::iter(0..9_u64)));
    let small = topology.spout("small", || StreamSpout::new(futures_util::stream::iter(0..9_i8)));
    topology.bolt("both", || Both).shuffle(&large).shuffle(&small);
}
