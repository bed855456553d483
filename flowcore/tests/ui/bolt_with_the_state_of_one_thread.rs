use std::rc::Rc;

use flowcore::process::{Bolt, BoltError, NoOutput};

struct Look(Rc<u64>);

impl Bolt<u64> for Look {
    type Out = NoOutput;

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        println!("{} {number}", self.0);
        Ok(())
    }
}

fn main() {}
