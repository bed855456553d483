//! A real InfluxDB of the test's own.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use ny_power::archive::InfluxArchive;
use ny_power::http::{HttpAnswer, HttpClient, HttpError, HttpLimits, HttpRequest};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(2);

/// One server with its folder. What it has acknowledged survives a kill of it.
pub(crate) struct InfluxServer {
    folder: TempDir,
    port: u16,
    process: Child,
    client: HttpClient,
}

impl InfluxServer {
    /// Call it from the test's own thread: the server is killed when that ends.
    pub(crate) async fn start() -> Self {
        Self::with_users(false).await
    }

    /// A server that lets in only users; the first one to be made is to have all rights.
    pub(crate) async fn with_users(users: bool) -> Self {
        match Self::try_start(users).await {
            Ok(server) => server,
            // The port may have been taken meanwhile: once more, once.
            Err(first) => {
                let second = Self::try_start(users).await;
                second.unwrap_or_else(|second| panic!("{first}\nand then {second}"))
            }
        }
    }

    async fn try_start(users: bool) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let (port, rpc) = (free_port(), free_port());
        let dir = folder.path().to_str().unwrap();
        let config = format!(
            r#"reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
  wal-fsync-delay = "0s"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {users}
  log-enabled = false
[continuous_queries]
  enabled = false
[ifql]
  enabled = false
"#
        );
        fs::write(folder.path().join("influxdb.conf"), config).unwrap();
        let process = spawn(&folder);
        let mut server = Self { folder, port, process, client: HttpClient::new(HttpLimits::default()) };
        if server.is_up().await {
            return Ok(server);
        }
        let log = fs::read_to_string(server.folder.path().join("log")).unwrap();
        Err(format!("influxd did not come up: {log}"))
    }

    /// Its address, with these users or databases if any: as `("user:password@", "/database")`.
    pub(crate) fn address(&self, user: &str, database: &str) -> String {
        format!("influx://{user}127.0.0.1:{}{database}", self.port)
    }

    pub(crate) fn archive(&self) -> InfluxArchive {
        InfluxArchive::new(self.address("", "").parse().unwrap())
    }

    /// Asks it something in its query language, and gives its answer.
    pub(crate) async fn query(&self, text: &str) -> String {
        let body = format!("q={}", text.replace(' ', "+"));
        let answer = self.post("/query?db=ny-power&epoch=ms", "application/x-www-form-urlencoded", body);
        String::from_utf8(answer.await.unwrap().body.to_vec()).unwrap()
    }

    /// Writes lines as they are.
    pub(crate) async fn write(&self, lines: &str) {
        let answer =
            self.post("/write?db=ny-power&precision=ms", "text/plain", lines.to_owned()).await.unwrap();
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    async fn post(&self, path: &str, content: &'static str, body: String) -> Result<HttpAnswer, HttpError> {
        let target = format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap();
        let content = hyper::header::HeaderValue::from_static(content);
        let request = HttpRequest::post(target, body).header(hyper::header::CONTENT_TYPE, content);
        self.client.send(request).await
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The same server again, with what it has stored.
    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(&self.folder);
        assert!(self.is_up().await, "influxd did not come back");
    }

    async fn is_up(&mut self) -> bool {
        let watch = Clock::system().stopwatch();
        while watch.elapsed() < PATIENCE {
            let ping = format!("http://127.0.0.1:{}/ping", self.port).parse().unwrap();
            if self.client.send(HttpRequest::get(ping)).await.is_ok_and(|answer| answer.status == 204) {
                return true;
            }
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

fn spawn(folder: &TempDir) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "influxd", "run", "-config"])
        .arg(folder.path().join("influxdb.conf"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for InfluxServer {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
