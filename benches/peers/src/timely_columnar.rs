//! Word count in timely with columnar containers: text is packed, as ours is. After timely's own example
//! `columnar.rs`, with our sentences and a faster hash map.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use columnar::Index;
use timely::communication::WorkerGuards;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::{ExchangeCore, Pipeline};
use timely::dataflow::operators::{Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};

use crate::column::{Column, ColumnBuilder};
use crate::{DISTINCT, Outcome, SENTENCES, WORKERS};

#[derive(columnar::Columnar)]
struct WordCount {
    text: String,
    diff: i64,
}

type Inner = <WordCount as columnar::Columnar>::Container;
type Container = Column<Inner>;
type Counts = HashMap<Vec<u8>, i64, foldhash::fast::FixedState>;

/// Sentences between two steps of a worker.
const STEP: u64 = 4096;

/// As the example does it: counts wait for the end of their time, and every new count is sent on.
pub fn as_in_the_example(sentences: u64) -> Outcome {
    run(sentences, true)
}

/// As little as ours does: count what comes, send nothing on.
pub fn counting_at_once(sentences: u64) -> Outcome {
    run(sentences, false)
}

fn run(sentences: u64, example: bool) -> Outcome {
    let guards = timely::execute(timely::Config::process(WORKERS), move |worker| {
        let mut input = <InputHandle<usize, CapacityContainerBuilder<Container>>>::new();
        let probe = ProbeHandle::new();
        let counted = Rc::new(RefCell::new(Counts::default()));
        let shared = Rc::clone(&counted);
        worker.dataflow::<usize, _, _>(|scope| {
            input
                .to_stream(scope)
                .unary(Pipeline, "split", |_, _| {
                    move |input, output| {
                        input.for_each_time(|time, data| {
                            let mut session = output.session(&time);
                            for batch in data {
                                for line in batch.borrow().into_index_iter() {
                                    let words = line.text.split(|b| b.is_ascii_whitespace());
                                    for text in words.filter(|word| !word.is_empty()) {
                                        session.give(WordCountReference { text, diff: line.diff });
                                    }
                                }
                            }
                        });
                    }
                })
                .container::<Container>()
                .unary_frontier(
                    ExchangeCore::<ColumnBuilder<Inner>, _>::new_core(
                        |word: &WordCountReference<&[u8], &i64>| word.text.len() as u64,
                    ),
                    "count",
                    move |_, _| {
                        let mut queues = HashMap::new();
                        move |(input, frontier), output| {
                            let mut counts = shared.borrow_mut();
                            if !example {
                                input.for_each_time(|_, data| {
                                    for batch in data {
                                        for word in batch.borrow().into_index_iter() {
                                            count(&mut counts, word.text, *word.diff);
                                        }
                                    }
                                });
                                return;
                            }
                            input.for_each_time(|time, data| {
                                let queue = queues.entry(time.retain(output.output_index()));
                                queue.or_insert(Vec::new()).extend(data.map(std::mem::take));
                            });
                            for (time, batches) in queues.iter_mut() {
                                if frontier.less_equal(time.time()) {
                                    continue;
                                }
                                let mut session = output.session(time);
                                for batch in batches.drain(..) {
                                    for word in batch.borrow().into_index_iter() {
                                        let diff = count(&mut counts, word.text, *word.diff);
                                        session.give(WordCountReference { text: word.text, diff });
                                    }
                                }
                            }
                            queues.retain(|_, batches| !batches.is_empty());
                        }
                    },
                )
                .container::<Container>()
                .probe_with(&probe);
        });
        let own = sentences / worker.peers() as u64;
        let id = worker.index() as u64;
        for at in 0..own {
            input.send(WordCountReference { text: SENTENCES[((at + id) % 5) as usize], diff: 1 });
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
        (counts.values().sum::<i64>() as u64, counts.len())
    })?;
    sum(guards)
}

fn count(counts: &mut Counts, text: &[u8], diff: i64) -> i64 {
    if let Some(count) = counts.get_mut(text) {
        *count += diff;
        *count
    } else {
        counts.insert(text.to_vec(), diff);
        diff
    }
}

/// What all workers counted, if all distinct words are there.
pub fn sum(guards: WorkerGuards<(u64, usize)>) -> Outcome {
    let (mut words, mut distinct) = (0, 0);
    for counted in guards.join() {
        let (more_words, more_distinct) = counted?;
        words += more_words;
        distinct += more_distinct;
    }
    if distinct != DISTINCT {
        return Err(format!("{distinct} distinct words instead of {DISTINCT}"));
    }
    Ok(words)
}
