use flowcore::process::{Bolt, BoltError};

struct Double;

impl Bolt<u64> for Double {
    type Out = u64;

    async fn execute(&mut self, number: &u64, out: &mut u64) -> Result<(), BoltError> {
        *out = number * 2;
        Ok(())
    }
}

fn main() {}
