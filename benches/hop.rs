//! One hop: numbers from a spout to one bolt, acknowledged, beside a bare channel that moves the same batches.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore::base::TaskSet;
use flowcore::process::{Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TopologyBuilder};
use flowcore_benches::two_workers;
use tokio::sync::mpsc;

const NUMBERS: u64 = 2_000_000;
const BATCH: u64 = 1024;

struct Numbers(u64);

impl Spout for Numbers {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let end = (self.0 + BATCH).min(NUMBERS);
        for number in self.0..end {
            out.emit(number);
        }
        self.0 = end;
        Ok(if end == NUMBERS { Next::End } else { Next::More })
    }
}

struct Sum(u64);

impl Bolt<u64> for Sum {
    type Out = NoOutput;

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0 = self.0.wrapping_add(black_box(*number));
        Ok(())
    }
}

async fn topology() {
    let mut topology = TopologyBuilder::new("hop");
    let numbers = topology.spout("numbers", || Numbers(0));
    topology.bolt("sum", || Sum(0)).shuffle(&numbers);
    let report = topology.build().unwrap().run().await.unwrap();
    assert_eq!(report.snapshot.component("numbers").acked, NUMBERS);
}

async fn bare_channel() {
    let (sender, mut receiver) = mpsc::channel::<Vec<u64>>(16);
    let mut tasks = TaskSet::new();
    tasks.spawn("send", async move {
        for start in (0..NUMBERS).step_by(1024) {
            let batch = (start..(start + BATCH).min(NUMBERS)).collect();
            sender.send(batch).await.unwrap();
        }
    });
    tasks.spawn("receive", async move {
        let mut sum = 0u64;
        while let Some(batch) = receiver.recv().await {
            for number in batch {
                sum = sum.wrapping_add(black_box(number));
            }
        }
        assert_ne!(sum, 0);
    });
    while tasks.next().await.is_some() {}
}

fn hop(criterion: &mut Criterion) {
    let runtime = two_workers();
    let mut group = criterion.benchmark_group("hop");
    group.throughput(Throughput::Elements(NUMBERS)).sample_size(10);
    group.bench_function("topology, acknowledged", |b| b.to_async(&runtime).iter(topology));
    group.bench_function("bare channel, nothing acknowledged", |b| b.to_async(&runtime).iter(bare_channel));
    group.finish();
}

criterion_group!(benches, hop);
criterion_main!(benches);
