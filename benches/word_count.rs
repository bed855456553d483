//! Word count: sentences are split, words go by fields grouping to their counter; acknowledged. Beside it one
//! fused loop on one thread that allocates nothing.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, StableHasher, TopologyBuilder,
};
use flowcore_benches::{SENTENCES, two_workers};

const LINES: usize = 200_000;
const BATCH: usize = 256;

type Counts<K> = HashMap<K, u64, BuildHasherDefault<StableHasher>>;

struct Lines {
    at: usize,
    end: usize,
}

impl Spout for Lines {
    type Out = Emitter<str>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let end = (self.at + BATCH).min(self.end);
        for line in self.at..end {
            out.emit(SENTENCES[line % SENTENCES.len()]);
        }
        self.at = end;
        Ok(if end == self.end { Next::End } else { Next::More })
    }
}

struct Split;

impl Bolt<str> for Split {
    type Out = Emitter<str>;

    async fn execute(&mut self, line: &str, out: &mut Self::Out) -> Result<(), BoltError> {
        for word in line.split(' ') {
            out.emit(word);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Count(Counts<String>);

impl Bolt<str> for Count {
    type Out = NoOutput;

    async fn execute(&mut self, word: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
        if let Some(count) = self.0.get_mut(word) {
            *count += 1;
        } else {
            self.0.insert(word.to_owned(), 1);
        }
        Ok(())
    }
}

fn words() -> u64 {
    (0..LINES).map(|line| SENTENCES[line % SENTENCES.len()].split(' ').count() as u64).sum()
}

async fn topology(tasks: usize) {
    let mut topology = TopologyBuilder::new("words");
    let lines = topology.spout("lines", move || Lines { at: 0, end: LINES / tasks }).parallelism(tasks);
    let words = topology.bolt("split", || Split).shuffle(&lines).parallelism(tasks);
    topology.bolt("count", Count::default).fields(&words, |word| word).parallelism(tasks);
    let report = topology.build().unwrap().run().await.unwrap();
    assert_eq!(report.snapshot.component("lines").acked, LINES as u64);
}

fn fused() -> u64 {
    let mut counts = Counts::default();
    for line in 0..LINES {
        for word in black_box(SENTENCES[line % SENTENCES.len()]).split(' ') {
            *counts.entry(word).or_insert(0u64) += 1;
        }
    }
    counts.values().sum()
}

fn word_count(criterion: &mut Criterion) {
    let runtime = two_workers();
    let mut group = criterion.benchmark_group("word count");
    group.throughput(Throughput::Elements(words())).sample_size(10);
    for tasks in [1, 2] {
        let name = format!("topology, acknowledged, {tasks} split and count");
        group.bench_function(name, |b| b.to_async(&runtime).iter(|| topology(tasks)));
    }
    group.bench_function("one fused loop, nothing acknowledged", |b| b.iter(fused));
    group.finish();
}

criterion_group!(benches, word_count);
criterion_main!(benches);
