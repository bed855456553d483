//! Tail: source, channel and sink, beside a bare loop over the same file.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore_benches::tail::{agent, bare_loop, write_lines};
use flowcore_benches::two_workers;

const LINES: u64 = 500_000;

fn tail(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.txt");
    write_lines(&path, LINES).unwrap();
    let runtime = two_workers().unwrap();
    let mut group = criterion.benchmark_group("tail");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    group.bench_function("tail, memory channel, null sink", |b| {
        b.to_async(&runtime).iter(|| async { agent(&path, LINES).await.unwrap() });
    });
    group.bench_function("bare loop over the file's lines", |b| {
        b.iter(|| bare_loop(&path, LINES).unwrap());
    });
    group.finish();
}

criterion_group!(benches, tail);
criterion_main!(benches);
