//! A Redis list in and out, acknowledged, beside plain pipelined commands. Needs `redis-server`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore_benches::redis_list::{Server, in_and_out, plain_commands};
use flowcore_benches::two_workers;

const ENTRIES: usize = 20_000;

fn redis_list(criterion: &mut Criterion) {
    let runtime = two_workers().unwrap();
    let server = runtime.block_on(Server::start()).unwrap();
    let url = server.url();
    let mut group = criterion.benchmark_group("redis list");
    group.throughput(Throughput::Elements(ENTRIES as u64)).sample_size(10);
    group.bench_function("list sink, list spout, acknowledged", |b| {
        b.to_async(&runtime).iter(|| async { in_and_out(&url, ENTRIES).await.unwrap() });
    });
    group.bench_function("plain pipelined commands", |b| {
        b.to_async(&runtime).iter(|| async { plain_commands(&url, ENTRIES).await.unwrap() });
    });
    group.finish();
}

criterion_group!(benches, redis_list);
criterion_main!(benches);
