//! A real Mosquitto of the test's own, with a listener for websockets.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(1);
const CONNECT: &[u8] = b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x0a\x00\x02up";

/// One broker with its folder. What it keeps survives a kill of it.
pub(crate) struct Mosquitto {
    folder: TempDir,
    pub(crate) mqtt: SocketAddr,
    pub(crate) websocket: SocketAddr,
    process: Child,
}

impl Mosquitto {
    /// Call it from the test's own thread: the broker is killed when that ends.
    pub(crate) async fn start() -> Self {
        match Self::try_start().await {
            Ok(broker) => broker,
            // A port may have been taken meanwhile: once more, once.
            Err(first) => {
                Self::try_start().await.unwrap_or_else(|second| panic!("{first}\nand then {second}"))
            }
        }
    }

    async fn try_start() -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let [mqtt, websocket] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
        configure(&folder, mqtt, websocket);
        let process = spawn(&folder);
        let mut broker = Self { folder, mqtt, websocket, process };
        if broker.is_up().await { Ok(broker) } else { Err(broker.log()) }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The same broker again.
    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(&self.folder);
        assert!(self.is_up().await, "mosquitto did not come back: {}", self.log());
    }

    async fn is_up(&mut self) -> bool {
        let watch = Clock::system().stopwatch();
        while watch.elapsed() < PATIENCE {
            if self.answers().unwrap_or(false) {
                return true;
            }
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            Clock::system().sleep(Duration::from_millis(20)).await;
        }
        false
    }

    fn answers(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.mqtt)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(CONNECT)?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"\x20\x02\x00\x00")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

fn configure(folder: &TempDir, mqtt: SocketAddr, websocket: SocketAddr) {
    // Started by root it becomes another user, who may not write here; started by others it ignores the line.
    let text = format!(
        "per_listener_settings true\nuser root\npersistence true\npersistence_location {}/\n\
         autosave_interval 1\nautosave_on_changes true\nlog_dest stderr\n\
         listener {} 127.0.0.1\nallow_anonymous true\n\
         listener {} 127.0.0.1\nprotocol websockets\nallow_anonymous true\n",
        folder.path().display(),
        mqtt.port(),
        websocket.port()
    );
    fs::write(folder.path().join("mosquitto.conf"), text).unwrap();
}

fn spawn(folder: &TempDir) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    // Debian has it where only root looks.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "mosquitto", "-c"])
        .arg(folder.path().join("mosquitto.conf"))
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
