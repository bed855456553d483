//! A broker of one of the two kinds, and the roles around it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use tempfile::TempDir;

use super::process::Process;
use crate::broker::tool::Subscriber;

pub(crate) const PASSWORD: &str = "a password of the tests";
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ny-power");
const PATIENCE: Duration = Duration::from_mins(1);
const CONNECT: &[u8] = b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x0a\x00\x02up";

/// Whose broker it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Own,
    Mosquitto,
}

pub(crate) const BOTH: [Kind; 2] = [Kind::Own, Kind::Mosquitto];

pub(crate) struct Site {
    folder: TempDir,
    kind: Kind,
    pub(crate) port: u16,
    pub(crate) websocket_port: u16,
    broker: Process,
}

impl Site {
    pub(crate) async fn start(kind: Kind) -> Self {
        println!("{kind:?}");
        match Self::try_start(kind).await {
            Ok(site) => site,
            // A port may have been taken meanwhile: once more, once.
            Err(first) => {
                Self::try_start(kind).await.unwrap_or_else(|second| panic!("{first}\nand then {second}"))
            }
        }
    }

    async fn try_start(kind: Kind) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let [port, websocket_port] = [(); 2].map(|()| free_port());
        if kind == Kind::Mosquitto {
            let to = folder.path().join("mosquitto");
            let [mqtt, ws] = [port, websocket_port].map(|port| port.to_string());
            let arguments = ["broker-config", to.to_str().unwrap(), "--host", "127.0.0.1"];
            let arguments = [&arguments[..], &["--mqtt-port", &mqtt, "--ws-port", &ws]].concat();
            let log = folder.path().join("broker-config.log");
            let mut written = Process::start(PROGRAM, &arguments, &log, PASSWORD);
            assert!(written.end().await.success(), "{}", written.said());
        }
        let broker = start_broker(kind, folder.path(), [port, websocket_port]);
        let mut site = Self { folder, kind, port, websocket_port, broker };
        if site.is_up().await { Ok(site) } else { Err(site.broker.said()) }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn address(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    pub(crate) fn kill_broker(&mut self) {
        self.broker.kill();
    }

    /// The same broker again, with what it has kept.
    pub(crate) async fn start_broker(&mut self) {
        self.broker = start_broker(self.kind, self.folder.path(), [self.port, self.websocket_port]);
        assert!(self.is_up().await, "the broker did not come back: {}", self.broker.said());
    }

    async fn is_up(&mut self) -> bool {
        let watch = Clock::system().stopwatch();
        while watch.elapsed() < PATIENCE {
            if self.answers().unwrap_or(false) {
                return true;
            }
            if self.broker.has_ended() {
                return false;
            }
            Clock::system().sleep(Duration::from_millis(20)).await;
        }
        false
    }

    fn answers(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(CONNECT)?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"\x20\x02\x00\x00")
    }

    /// A role of the program at this broker.
    pub(crate) fn role(&self, role: &str, arguments: &[&str]) -> Process {
        let broker = self.address();
        let arguments = [&[role, "--broker", &broker], arguments].concat();
        Process::start(PROGRAM, &arguments, &self.log(role), PASSWORD)
    }

    pub(crate) fn log(&self, role: &str) -> PathBuf {
        self.dir().join(format!("{role}.log"))
    }

    /// Everything of `filter`, as somebody with a name gets it: nothing is lost for one who is slow.
    pub(crate) async fn subscribe(&self, filter: &str, more: &[&str]) -> Subscriber {
        let arguments = ["-u", "pump", "-P", PASSWORD, "-q", "1", "-t", filter];
        Subscriber::start(self.port, &[&arguments, more].concat()).await
    }

    /// As anybody gets it.
    pub(crate) async fn subscribe_anonymously(&self, filter: &str) -> Subscriber {
        Subscriber::start(self.port, &["-q", "1", "-t", filter]).await
    }
}

fn start_broker(kind: Kind, folder: &Path, [port, websocket_port]: [u16; 2]) -> Process {
    let log = folder.join("broker.log");
    if kind == Kind::Mosquitto {
        let conf = folder.join("mosquitto/mosquitto.conf");
        return Process::start("mosquitto", &["-c", conf.to_str().unwrap()], &log, PASSWORD);
    }
    let dir = folder.join("broker");
    let [mqtt, ws] = [port, websocket_port].map(|port| port.to_string());
    let arguments = ["broker", "--dir", dir.to_str().unwrap(), "--mqtt-port", &mqtt, "--ws-port", &ws];
    Process::start(PROGRAM, &arguments, &log, PASSWORD)
}
