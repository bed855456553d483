use std::fs::File;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use ny_power::broker::Mosquitto;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::running::{PASSWORD, Running};

/// A broker that a test runs against: ours, and a real Mosquitto with the files that we write.
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    pub(crate) websocket_port: u16,
    _broker: Kind,
}

enum Kind {
    Ours { _running: Running, _dir: TempDir },
    Mosquitto { _process: Process, _dir: TempDir },
}

/// Killed when it is dropped, and by the kernel when the thread that started it ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Site {
    pub(crate) async fn both() -> [Self; 2] {
        let (running, dir) = Running::start().await;
        let (port, websocket_port) = (running.port, running.websocket_port);
        let ours = Kind::Ours { _running: running, _dir: dir };
        [Self { name: "ours", port, websocket_port, _broker: ours }, Self::mosquitto().await]
    }

    /// A port may be gone before it is used: then once more with others.
    pub(crate) async fn mosquitto() -> Self {
        match start().await {
            Ok(site) => site,
            Err(_) => start().await.unwrap_or_else(|log| panic!("mosquitto does not start: {log}")),
        }
    }
}

async fn start() -> Result<Site, String> {
    let dir = tempfile::tempdir().unwrap();
    let [port, websocket_port] = [free_port(), free_port()];
    let address = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let conf = Mosquitto { address, port, websocket_port }.write(dir.path(), PASSWORD).unwrap();
    let log = File::create(dir.path().join("log")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let child = Command::new("setpriv")
        .env("PATH", format!("{path}:/usr/sbin"))
        .args(["--pdeathsig", "KILL", "mosquitto", "-c"])
        .arg(conf)
        .stdout(Stdio::null())
        .stderr(Stdio::from(log))
        .spawn()
        .expect("setpriv is installed");
    let mut process = Process(child);
    for _ in 0..600 {
        if let Some(status) = process.0.try_wait().unwrap() {
            let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
            return Err(format!("{status}\n{log}"));
        }
        if accepts(port).await && accepts(websocket_port).await {
            let broker = Kind::Mosquitto { _process: process, _dir: dir };
            return Ok(Site { name: "mosquitto", port, websocket_port, _broker: broker });
        }
        Clock::system().sleep(Duration::from_millis(50)).await;
    }
    Err("it does not accept".to_owned())
}

async fn accepts(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}
