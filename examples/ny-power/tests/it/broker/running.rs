use std::path::Path;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use ny_power::broker::{Access, Broker, BrokerConfig, BrokerError, Limits, listen};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The password of `pump` in these tests.
pub(crate) const PASSWORD: &str = "a password of the tests";

/// A broker in a folder of its own. Dropping it ends it at once, as a crash does.
pub(crate) struct Running {
    tasks: TaskSet<Result<(), BrokerError>>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) port: u16,
    pub(crate) websocket_port: u16,
}

impl Running {
    pub(crate) async fn in_dir(dir: &Path, limits: Limits) -> Self {
        let access = Access::ny_power(PASSWORD).unwrap();
        let broker = open(BrokerConfig { dir: dir.to_path_buf(), access, limits }).await;
        let [mqtt, websocket] = [listen_anywhere().await, listen_anywhere().await];
        let port = mqtt.local_addr().unwrap().port();
        let websocket_port = websocket.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel();
        let mut tasks = TaskSet::new();
        let served = async move { broker.serve(mqtt, websocket, async { drop(stopped.await) }).await };
        tasks.spawn("broker", served);
        Self { tasks, stop: Some(stop), port, websocket_port }
    }

    /// With a folder that is gone after the test.
    pub(crate) async fn start() -> (Self, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (Self::in_dir(dir.path(), Limits::default()).await, dir)
    }

    /// Ends it as a user does.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        let (_, end) = self.tasks.next().await.unwrap();
        assert!(matches!(end, TaskEnd::Done(Ok(()))), "{end:?}");
    }
}

/// A broker that was dropped lets go of its file a moment later.
async fn open(config: BrokerConfig) -> Broker {
    loop {
        match Broker::open(config.clone()) {
            Err(BrokerError::Locked { .. }) => Clock::system().sleep(Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
}

async fn listen_anywhere() -> tokio::net::TcpListener {
    listen(([127, 0, 0, 1], 0).into()).await.unwrap()
}
