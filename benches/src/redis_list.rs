//! A Redis list in and out: events through the list sink, then through the list spout with acknowledgement.
//! Beside it plain pipelined commands that move the same bytes. Needs `redis-server`.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink};
use flowcore::process::{TopologyBuilder, for_each};
use flowcore_redis::{ListConsumer, ListConsumerConfig, ListSink, ListSinkConfig, Pipeline, RedisConfig};

use crate::{Failure, check};

/// Entries that are moved by one command or pipeline. Runs are multiples of it.
pub const BATCH: usize = 500;
const BODY: [u8; 160] = [b'x'; 160];

/// A server of its own on a free port; it ends with us.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When `redis-server` is not there or does not answer.
    pub async fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let port = flowcore_testkit::free_port();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "redis-server", "--port", &port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let server = Self { child, port, _folder: folder };
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
        Err("redis-server does not answer".into())
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts `entries` entries into a list and takes them out, acknowledged.
///
/// # Errors
/// When the sink or the topology fails, or an entry is lost.
pub async fn in_and_out(url: &str, entries: usize) -> Result<(), Failure> {
    let redis = RedisConfig::new(url);
    let mut sink = ListSink::new(ListSinkConfig::new(redis.clone(), "bench"));
    sink.start(&ComponentContext::new("sink", Clock::system())).await?;
    let events = vec![Event::new(BODY.to_vec()); BATCH];
    for _ in 0..entries / BATCH {
        sink.deliver(&events).await?;
    }
    let consumer = ListConsumer::new(ListConsumerConfig::new(redis, "bench", "one").batch(BATCH));
    let mut topology = TopologyBuilder::new("list");
    let spout = topology.spout("entries", move || consumer.spout());
    let bytes = Arc::new(AtomicU64::new(0));
    let into = Arc::clone(&bytes);
    let look = move || {
        let into = Arc::clone(&into);
        for_each(move |event: &Event| {
            into.fetch_add(event.body.len() as u64, Ordering::Relaxed);
        })
    };
    topology.bolt("look", look).shuffle(&spout);
    let running = topology.build()?.start();
    let handle = running.handle();
    let stop = async {
        while handle.snapshot().component("entries").acked < entries as u64 {
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        handle.stop();
    };
    let (report, ()) = tokio::join!(running.wait(), stop);
    check("acknowledged entries", entries as u64, report?.snapshot.component("entries").acked)?;
    check("bytes", (entries * BODY.len()) as u64, bytes.load(Ordering::Relaxed))?;
    Ok(())
}

/// The same bytes in, over to a second list and out of that.
///
/// # Errors
/// When the server refuses, or an entry is lost.
pub async fn plain_commands(url: &str, entries: usize) -> Result<(), Failure> {
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    for _ in 0..entries / BATCH {
        let mut pipe = Pipeline::new();
        for _ in 0..BATCH {
            pipe.cmd("RPUSH").arg("plain").arg(&BODY[..]).ignore();
        }
        pipe.query_async::<()>(&mut connection).await?;
    }
    for _ in 0..entries / BATCH {
        let mut pipe = Pipeline::new();
        for _ in 0..BATCH {
            pipe.cmd("LMOVE").arg("plain").arg("pending").arg("LEFT").arg("RIGHT");
        }
        let moved: Vec<Vec<u8>> = pipe.query_async(&mut connection).await?;
        check("entries of a batch", BATCH as u64, moved.len() as u64)?;
        let mut pipe = Pipeline::new();
        for _ in 0..BATCH {
            pipe.cmd("LPOP").arg("pending").ignore();
        }
        pipe.query_async::<()>(&mut connection).await?;
    }
    Ok(())
}
