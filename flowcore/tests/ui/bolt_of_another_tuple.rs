use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TopologyBuilder,
};

struct Text;

impl Spout for Text {
    type Out = Emitter<str>;

    async fn next(&mut self, _out: &mut Self::Out) -> Result<Next, SpoutError> {
        Ok(Next::End)
    }
}

struct Sum(u64);

impl Bolt<u64> for Sum {
    type Out = NoOutput;

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0 += number;
        Ok(())
    }
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let text = topology.spout("text", || Text);
    topology.bolt("sum", || Sum(0)).shuffle(&text);
}
