use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use flowcore::base::TaskSet;
use flowcore_redis::RedisConfig;
use flowcore_testkit::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands before a server and cuts connections when an answer comes: what was asked for is done, and who
/// asked does not hear of it.
pub(crate) struct CuttingProxy {
    port: u16,
    cuts: Arc<AtomicU64>,
    _tasks: TaskSet<()>,
}

impl CuttingProxy {
    /// Cuts at about one answer of `one_in`, from the third answer of a connection on, at most `most` times.
    pub(crate) async fn before(server: u16, seed: u64, one_in: u64, most: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicU64::new(0));
        let cutter =
            Arc::new(Cutter { random: Mutex::new(Random::seeded(seed)), one_in, most, cuts: cuts.clone() });
        let mut tasks = TaskSet::new();
        tasks.spawn("proxy", async move {
            let mut connections = TaskSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn("connection", cutter.clone().relay(client, server));
            }
        });
        Self { port, cuts, _tasks: tasks }
    }

    pub(crate) fn config(&self) -> RedisConfig {
        RedisConfig::new(format!("redis://127.0.0.1:{}", self.port))
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

struct Cutter {
    random: Mutex<Random>,
    one_in: u64,
    most: u64,
    cuts: Arc<AtomicU64>,
}

impl Cutter {
    async fn relay(self: Arc<Self>, mut client: TcpStream, server: u16) {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
        // Or small packets wait for the answer of the system at the other end.
        client.set_nodelay(true).and(server.set_nodelay(true)).unwrap();
        let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
        let mut answers = 0;
        loop {
            tokio::select! {
                read = client.read(&mut question) => match read {
                    Ok(count) if count > 0 && server.write_all(&question[..count]).await.is_ok() => {}
                    _ => return,
                },
                read = server.read(&mut answer) => {
                    answers += 1;
                    match read {
                        Ok(count) if count > 0 && !self.cuts_now(answers)
                            && client.write_all(&answer[..count]).await.is_ok() => {}
                        _ => return,
                    }
                }
            }
        }
    }

    fn cuts_now(&self, answers: u64) -> bool {
        let chosen = answers > 2 && self.random.lock().unwrap().below(self.one_in) == 0;
        chosen && self.cuts.fetch_add(1, Ordering::Relaxed) < self.most
    }
}
