use std::rc::Rc;

use flowcore::process::{Emitter, Next, Spout, SpoutError};

struct Numbers(Rc<u64>);

impl Spout for Numbers {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        out.emit(*self.0);
        Ok(Next::More)
    }
}

fn main() {}
