//! One hop: a topology, acknowledged, beside a bare channel that moves the same batches.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore_benches::{hop, two_workers};

const NUMBERS: u64 = 2_000_000;

fn one_hop(criterion: &mut Criterion) {
    let runtime = two_workers().unwrap();
    let mut group = criterion.benchmark_group("hop");
    group.throughput(Throughput::Elements(NUMBERS)).sample_size(10);
    group.bench_function("topology, acknowledged", |b| {
        b.to_async(&runtime).iter(|| async { hop::topology(NUMBERS, 1).await.unwrap() });
    });
    group.bench_function("bare channel, nothing acknowledged", |b| {
        b.to_async(&runtime).iter(|| async { hop::bare_channel(NUMBERS, 1).await.unwrap() });
    });
    group.finish();
}

criterion_group!(benches, one_hop);
criterion_main!(benches);
