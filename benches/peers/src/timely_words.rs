//! Word count in timely, a `String` a word, with one exchange by hash.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::rc::Rc;

use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::Map;
use timely::dataflow::operators::{Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};

use crate::{Outcome, SENTENCES, WORKERS};

type Counts = HashMap<String, u64, foldhash::fast::FixedState>;

/// Sentences between two steps of a worker.
const STEP: u64 = 4096;

pub fn run(sentences: u64) -> Outcome {
    let guards = timely::execute(timely::Config::process(WORKERS), move |worker| {
        let hash = foldhash::fast::FixedState::default();
        let mut input = InputHandle::<usize, _>::new();
        let probe = ProbeHandle::new();
        let counted = Rc::new(RefCell::new(Counts::default()));
        let counts = Rc::clone(&counted);
        let by_word = Exchange::new(move |word: &String| hash.hash_one(word));
        worker.dataflow::<usize, _, _>(|scope| {
            input
                .to_stream(scope)
                .flat_map(|text: String| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
                .unary(by_word, "count", move |_, _| {
                    move |input, output| {
                        input.for_each_time(|time, data| {
                            let mut counts = counts.borrow_mut();
                            let mut session = output.session(&time);
                            for batch in data {
                                for word in batch.drain(..) {
                                    if let Some(count) = counts.get_mut(&word) {
                                        *count += 1;
                                    } else {
                                        counts.insert(word, 1);
                                    }
                                }
                            }
                            session.give(0u64);
                        });
                    }
                })
                .container::<Vec<u64>>()
                .probe_with(&probe);
        });
        let own = sentences / worker.peers() as u64;
        let id = worker.index() as u64;
        for at in 0..own {
            input.send(SENTENCES[((at + id) % 5) as usize].to_string());
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
        let counts = counted.borrow();
        (counts.values().sum::<u64>(), counts.len())
    })?;
    crate::timely_columnar::sum(guards)
}
