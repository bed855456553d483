//! A window's add: counts by key in a tumbling window, as the pure struct alone. Beside it the same counts in
//! a bare hash map.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore::base::Timestamp;
use flowcore::process::StableHasher;
use flowcore::process::window::{Aggregate, CountByKey, TimeWindows, WindowSpec};

const KEYS: u64 = 1_000;
const TUPLES: u64 = 100_000;

fn windows(spec: WindowSpec) -> u64 {
    let mut windows = TimeWindows::<CountByKey<u64>>::new(spec);
    for tuple in 0..TUPLES {
        let now = Timestamp::from_millis(i64::try_from(tuple / 100).unwrap());
        windows.add(now, |counts| counts.add(&black_box(tuple % KEYS)));
    }
    windows.flush().map(|window| window.contents.iter().map(|(_, count)| count).sum::<u64>()).sum()
}

fn bare_map() -> u64 {
    let mut counts = HashMap::<u64, u64, BuildHasherDefault<StableHasher>>::default();
    for tuple in 0..TUPLES {
        *counts.entry(black_box(tuple % KEYS)).or_insert(0) += 1;
    }
    counts.values().sum()
}

fn window_add(criterion: &mut Criterion) {
    let tumbling = WindowSpec::tumbling(Duration::from_secs(30)).unwrap();
    let sliding = WindowSpec::sliding(Duration::from_secs(30), Duration::from_secs(10)).unwrap();
    let mut group = criterion.benchmark_group("window add");
    group.throughput(Throughput::Elements(TUPLES)).sample_size(20);
    group.bench_function("tumbling", |b| b.iter(|| assert_eq!(windows(tumbling), TUPLES)));
    group.bench_function("sliding", |b| b.iter(|| windows(sliding)));
    group.bench_function("bare hash map", |b| b.iter(|| assert_eq!(bare_map(), TUPLES)));
    group.finish();
}

criterion_group!(benches, window_add);
criterion_main!(benches);
