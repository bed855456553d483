//! Word count: a topology, acknowledged, beside one fused loop on one thread that allocates nothing.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore_benches::two_workers;
use flowcore_benches::word_count::{Separator, Tasks, fused, packed, words};

const LINES: usize = 200_000;

fn word_count(criterion: &mut Criterion) {
    let runtime = two_workers().unwrap();
    let mut group = criterion.benchmark_group("word count");
    group.throughput(Throughput::Elements(words(LINES))).sample_size(10);
    for tasks in [1, 2] {
        let name = format!("topology, acknowledged, {tasks} split and count");
        group.bench_function(name, |b| {
            b.to_async(&runtime).iter(|| async { packed(LINES, Tasks::each(tasks)).await.unwrap() });
        });
    }
    group.bench_function("one fused loop, nothing acknowledged", |b| {
        b.to_async(&runtime).iter(|| async { fused(LINES, 1, Separator::Whitespace).await.unwrap() });
    });
    group.finish();
}

criterion_group!(benches, word_count);
criterion_main!(benches);
