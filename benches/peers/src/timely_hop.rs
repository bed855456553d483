//! One exchange of numbers in timely.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;

use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::{Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};

use crate::{Outcome, WORKERS};

/// Numbers between two steps of a worker.
const STEP: u64 = 65_536;

pub fn run(numbers: u64) -> Outcome {
    let guards = timely::execute(timely::Config::process(WORKERS), move |worker| {
        let mut input = InputHandle::<usize, _>::new();
        let probe = ProbeHandle::new();
        let seen = Rc::new(Cell::new(0u64));
        let received = Rc::clone(&seen);
        worker.dataflow::<usize, _, _>(|scope| {
            input
                .to_stream(scope)
                .unary(Exchange::new(|number: &u64| *number), "sum", move |_, _| {
                    let mut sum = 0u64;
                    move |input, output| {
                        input.for_each_time(|time, data| {
                            let mut session = output.session(&time);
                            for batch in data {
                                received.set(received.get() + batch.len() as u64);
                                for number in batch.drain(..) {
                                    sum = sum.wrapping_add(black_box(number));
                                }
                            }
                            session.give(0u64);
                        });
                    }
                })
                .container::<Vec<u64>>()
                .probe_with(&probe);
        });
        let own = numbers / worker.peers() as u64;
        for at in 0..own {
            input.send(at);
            if at % STEP == 0 {
                input.advance_to((at / STEP) as usize + 1);
                worker.step();
                while probe.less_than(&((*input.time()).saturating_sub(4))) {
                    worker.step();
                }
            }
        }
        input.close();
        while worker.step() {}
        seen.get()
    })?;
    guards.join().into_iter().sum()
}
