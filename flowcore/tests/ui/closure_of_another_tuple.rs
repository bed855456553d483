use flowcore::process::{Emitter, Next, Spout, SpoutError, TopologyBuilder, for_each};

struct Text;

impl Spout for Text {
    type Out = Emitter<str>;

    async fn next(&mut self, _out: &mut Self::Out) -> Result<Next, SpoutError> {
        Ok(Next::End)
    }
}

fn main() {
    let mut topology = TopologyBuilder::new("test");
    let text = topology.spout("text", || Text);
    topology.bolt("look", || for_each(|number: &u64| println!("{number}"))).shuffle(&text);
}
