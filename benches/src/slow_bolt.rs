//! Back-pressure: a fast spout and a bolt that has a microsecond's work with each tuple. Beside it a loop that does
//! the same work and nothing else: who is held up must not cost the one who holds up.

use std::hint::black_box;

use flowcore::process::{Bolt, BoltError, NoOutput, TopologyBuilder};

use crate::hop::Numbers;
use crate::{Failure, check};

/// About a microsecond of them, one after the other.
const STEPS: u64 = 700;

/// What a number becomes in that time.
fn work(number: u64) -> u64 {
    (0..STEPS).fold(number, |mixed, step| black_box((mixed ^ step).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

struct Slow(u64);

impl Bolt<u64> for Slow {
    type Out = NoOutput;

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0 = self.0.wrapping_add(work(*number));
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        black_box(self.0);
        Ok(())
    }
}

/// The work alone, on one thread.
pub fn bare_loop(numbers: u64) {
    black_box((0..numbers).map(work).fold(0, u64::wrapping_add));
}

/// Sends `numbers` numbers to the slow bolt.
///
/// # Errors
/// When the topology fails or loses one.
pub async fn topology(numbers: u64) -> Result<(), Failure> {
    let mut topology = TopologyBuilder::new("slow");
    let stream = topology.spout("numbers", move || Numbers::below(numbers));
    topology.bolt("slow", || Slow(0)).shuffle(&stream);
    let report = topology.build()?.run().await?;
    check("acknowledged numbers", numbers, report.snapshot.component("numbers").acked)?;
    check("executed numbers", numbers, report.snapshot.component("slow").executed)?;
    Ok(())
}
