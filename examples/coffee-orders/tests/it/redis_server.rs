//! A real Redis of the test's own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore_testkit::free_port;
use tempfile::TempDir;

use super::program::{Form, pause, stopwatch};

const PATIENCE: Duration = Duration::from_mins(1);

/// One server with its folder. What it has answered survives a kill of it.
pub(crate) struct RedisServer {
    folder: TempDir,
    address: SocketAddr,
    process: Child,
}

impl RedisServer {
    /// Call it from the test's own thread: the server is killed when that ends.
    pub(crate) async fn start() -> Self {
        match Self::try_start().await {
            Ok(server) => server,
            // The port may have been taken meanwhile: once more, once.
            Err(first) => {
                Self::try_start().await.unwrap_or_else(|second| panic!("{first}\nand then {second}"))
            }
        }
    }

    async fn try_start() -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let process = spawn(&folder, address);
        let mut server = Self { folder, address, process };
        if server.is_up().await {
            return Ok(server);
        }
        let log = fs::read_to_string(server.folder.path().join("log")).unwrap();
        Err(format!("redis-server did not come up: {log}"))
    }

    pub(crate) fn form(&self) -> Form {
        Form::Redis(format!("redis://{}", self.address))
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The same server again, with what it has stored.
    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(&self.folder, self.address);
        assert!(self.is_up().await, "redis-server did not come back");
    }

    async fn is_up(&mut self) -> bool {
        let watch = stopwatch();
        while watch.elapsed() < PATIENCE {
            if self.answers().unwrap_or(false) {
                return true;
            }
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            pause(Duration::from_millis(20)).await;
        }
        false
    }

    fn answers(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"+PONG\r\n")
    }
}

fn spawn(folder: &TempDir, address: SocketAddr) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1"])
        .args(["--port", &address.port().to_string(), "--dir", folder.path().to_str().unwrap()])
        .args(["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
