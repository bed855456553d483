//! A Redis list in and out: events through the list sink, then through the list spout with acknowledgement.
//! Beside it plain pipelined commands that move the same bytes. Needs `redis-server`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot go on stops"
)]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink};
use flowcore::process::{TopologyBuilder, for_each};
use flowcore_benches::two_workers;
use flowcore_redis::{ListConsumer, ListConsumerConfig, ListSink, ListSinkConfig, Pipeline, RedisConfig};

const ENTRIES: usize = 20_000;
const BATCH: usize = 500;
const BODY: [u8; 160] = [b'x'; 160];

struct Server {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let server = Self { child, port, _folder: folder };
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("redis-server does not answer");
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn in_and_out(url: &str) {
    let redis = RedisConfig::new(url);
    let mut sink = ListSink::new(ListSinkConfig::new(redis.clone(), "bench"));
    sink.start(&ComponentContext::new("sink", Clock::system())).await.unwrap();
    let events = vec![Event::new(BODY.to_vec()); BATCH];
    for _ in 0..ENTRIES / BATCH {
        sink.deliver(&events).await.unwrap();
    }
    let consumer = ListConsumer::new(ListConsumerConfig::new(redis, "bench", "one").batch(BATCH));
    let mut topology = TopologyBuilder::new("list");
    let entries = topology.spout("entries", move || consumer.spout());
    let look = |event: &Event| assert_eq!(event.body.len(), BODY.len());
    topology.bolt("look", move || for_each(look)).shuffle(&entries);
    let running = topology.build().unwrap().start();
    let handle = running.handle();
    let stop = async {
        while handle.snapshot().component("entries").acked < ENTRIES as u64 {
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        handle.stop();
    };
    let (report, ()) = tokio::join!(running.wait(), stop);
    report.unwrap();
}

async fn plain_commands(client: &redis::Client) {
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for _ in 0..ENTRIES / BATCH {
        let mut pipe = Pipeline::new();
        for _ in 0..BATCH {
            pipe.cmd("RPUSH").arg("plain").arg(&BODY[..]).ignore();
        }
        pipe.query_async::<()>(&mut connection).await.unwrap();
    }
    for _ in 0..ENTRIES / BATCH {
        let mut pipe = Pipeline::new();
        for _ in 0..BATCH {
            pipe.cmd("LMOVE").arg("plain").arg("pending").arg("LEFT").arg("RIGHT");
        }
        let moved: Vec<Vec<u8>> = pipe.query_async(&mut connection).await.unwrap();
        assert_eq!(moved.len(), BATCH);
        let mut pipe = Pipeline::new();
        for _ in 0..BATCH {
            pipe.cmd("LPOP").arg("pending").ignore();
        }
        pipe.query_async::<()>(&mut connection).await.unwrap();
    }
}

fn redis_list(criterion: &mut Criterion) {
    let server = Server::start();
    let url = server.url();
    let client = redis::Client::open(&url[..]).unwrap();
    let runtime = two_workers();
    let mut group = criterion.benchmark_group("redis list");
    group.throughput(Throughput::Elements(ENTRIES as u64)).sample_size(10);
    group.bench_function("list sink, list spout, acknowledged", |b| {
        b.to_async(&runtime).iter(|| in_and_out(&url));
    });
    group.bench_function("plain pipelined commands", |b| {
        b.to_async(&runtime).iter(|| plain_commands(&client));
    });
    group.finish();
}

criterion_group!(benches, redis_list);
criterion_main!(benches);
