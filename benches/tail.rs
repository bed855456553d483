//! Tail: a file of 200-byte lines through the tail source, a memory channel and a null sink. Beside it a bare
//! loop that reads the file and finds its lines.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use std::io::Write;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore::ingest::sink::NullSink;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::{AgentBuilder, MemoryChannel};
use flowcore_benches::two_workers;

const LINES: u64 = 500_000;

fn write_lines(path: &Path) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for line in 0..LINES {
        writeln!(file, "{line:0>199}").unwrap();
    }
    file.flush().unwrap();
}

async fn agent(path: &Path) {
    let path = path.to_owned();
    let agent = AgentBuilder::new("bench")
        .channel("memory", MemoryChannel::builder().capacity(100_000).transaction(10_000))
        .source("tail", move || TailSource::new([path.clone()]).until_end(true).watch(false))
        .into(["memory"])
        .sink("null", NullSink::new)
        .batch(1_000)
        .from("memory")
        .build()
        .unwrap();
    let report = agent.start().await.unwrap().wait().await.unwrap();
    assert_eq!(report.snapshot.sinks[0].delivered, LINES);
}

fn bare_loop(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap();
    bytes.split_inclusive(|&byte| byte == b'\n').count() as u64
}

fn tail(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.txt");
    write_lines(&path);
    let runtime = two_workers();
    let mut group = criterion.benchmark_group("tail");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    group.bench_function("tail, memory channel, null sink", |b| b.to_async(&runtime).iter(|| agent(&path)));
    group.bench_function("bare loop over the file's lines", |b| {
        b.iter(|| assert_eq!(bare_loop(&path), LINES));
    });
    group.finish();
}

criterion_group!(benches, tail);
criterion_main!(benches);
