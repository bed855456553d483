use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use flowcore::base::TaskSet;
use flowcore_mqtt::MqttConfig;
use flowcore_testkit::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stands before a broker and cuts connections after some bytes, in the middle of whatever goes through. It can
/// also be away: then connections end and new ones are closed.
pub(crate) struct CuttingProxy {
    port: u16,
    cutter: Arc<Cutter>,
    away: watch::Sender<bool>,
    _tasks: TaskSet<()>,
}

impl CuttingProxy {
    /// Cuts each connection after up to `bytes` bytes of both directions, at most `most` times.
    pub(crate) async fn before(server: u16, seed: u64, bytes: u64, most: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let random = Mutex::new(Random::seeded(seed));
        let cutter =
            Arc::new(Cutter { random, bytes, most, cuts: AtomicU64::new(0), is_open: AtomicBool::new(true) });
        let (away, is_away) = watch::channel(false);
        let mut tasks = TaskSet::new();
        let relays = cutter.clone();
        tasks.spawn("proxy", async move {
            let mut connections = TaskSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn("connection", relays.clone().relay(client, server, is_away.clone()));
            }
        });
        Self { port, cutter, away, _tasks: tasks }
    }

    pub(crate) fn config(&self) -> MqttConfig {
        MqttConfig::new(format!("mqtt://127.0.0.1:{}", self.port))
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.cutter.cuts.load(Ordering::Relaxed)
    }

    /// Whether connections end at once.
    pub(crate) fn set_away(&self, away: bool) {
        self.away.send_replace(away);
    }

    /// From now on nothing is cut.
    pub(crate) fn stop_cutting(&self) {
        self.cutter.is_open.store(false, Ordering::Relaxed);
    }
}

struct Cutter {
    random: Mutex<Random>,
    bytes: u64,
    most: u64,
    cuts: AtomicU64,
    is_open: AtomicBool,
}

impl Cutter {
    async fn relay(self: Arc<Self>, client: TcpStream, server: u16, mut away: watch::Receiver<bool>) {
        tokio::select! {
            () = self.relay_until_cut(client, server) => {}
            _ = away.wait_for(|away| *away) => {}
        }
    }

    async fn relay_until_cut(&self, mut client: TcpStream, server: u16) {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
        // Or small packets wait for the answer of the system at the other end.
        client.set_nodelay(true).and(server.set_nodelay(true)).unwrap();
        let mut left = usize::try_from(self.random.lock().unwrap().below(self.bytes)).unwrap();
        let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            let (bytes, to) = tokio::select! {
                read = client.read(&mut up) => match read {
                    Ok(count) if count > 0 => (&up[..count], &mut server),
                    _ => return,
                },
                read = server.read(&mut down) => match read {
                    Ok(count) if count > 0 => (&down[..count], &mut client),
                    _ => return,
                },
            };
            let is_cut = bytes.len() > left && self.cuts_now();
            let through = if is_cut { &bytes[..left] } else { bytes };
            if to.write_all(through).await.is_err() || is_cut {
                return;
            }
            left = left.saturating_sub(bytes.len());
        }
    }

    fn cuts_now(&self) -> bool {
        let counted = self.cuts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |cuts| {
            (self.is_open.load(Ordering::Relaxed) && cuts < self.most).then_some(cuts + 1)
        });
        counted.is_ok()
    }
}
