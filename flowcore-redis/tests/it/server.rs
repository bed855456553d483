use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_redis::RedisConfig;
use flowcore_testkit::free_port;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, FromRedisValue, Value};
use tempfile::TempDir;

/// A real server in a folder of its own. Killed when it is dropped, and by the kernel when the thread that
/// started it ends.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    scheme: &'static str,
    login: &'static str,
    child: Option<Child>,
}

impl Server {
    /// In memory only.
    pub(crate) async fn start() -> Self {
        Self::start_with(&["--appendonly", "no"], "").await
    }

    /// What it has answered is on disk.
    pub(crate) async fn durable() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"], "").await
    }

    /// `login` goes into the URL: `user:password@`.
    pub(crate) async fn start_with(arguments: &[&str], login: &'static str) -> Self {
        let mut server = Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            scheme: "redis",
            login,
            child: None,
        };
        server.up().await;
        server
    }

    /// Speaks TLS only; the certificate is its own authority.
    pub(crate) async fn with_tls() -> Self {
        let mut server = Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            arguments: Vec::new(),
            scheme: "rediss",
            login: "",
            child: None,
        };
        make_certificate(server.folder.path());
        let file = |name: &str| server.folder.path().join(name).to_string_lossy().into_owned();
        let mut arguments = vec!["--tls-port".to_owned(), server.port.to_string()];
        arguments.extend(["--tls-cert-file".to_owned(), file("cert.pem")]);
        arguments.extend(["--tls-key-file".to_owned(), file("key.pem")]);
        arguments.extend(["--tls-ca-cert-file".to_owned(), file("cert.pem")]);
        arguments.extend(["--tls-auth-clients".to_owned(), "no".to_owned()]);
        server.arguments = arguments;
        server.up().await;
        server
    }

    pub(crate) fn certificate(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("cert.pem")).unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}127.0.0.1:{}", self.scheme, self.login, self.port)
    }

    pub(crate) fn config(&self) -> RedisConfig {
        RedisConfig::new(self.url())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Stops it in the middle of whatever it does, or lets it go on. What is sent meanwhile, it gets later.
    pub(crate) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Starts it in the same folder on the same port, and waits until it answers.
    pub(crate) async fn up(&mut self) {
        let log = File::create(self.folder.path().join("log")).unwrap();
        let plain_port = if self.scheme == "rediss" { 0 } else { self.port };
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1", "--save", ""])
            .args(["--daemonize", "no", "--port", &plain_port.to_string(), "--dir"])
            .arg(self.folder.path())
            .args(&self.arguments)
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .expect("redis-server and setpriv are installed");
        self.child = Some(child);
        for _ in 0..1200 {
            if self.answers().await {
                return;
            }
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        let last = self.connect().await.err();
        panic!("redis-server did not answer within a minute ({last:?}); its log: {log}");
    }

    async fn answers(&self) -> bool {
        match self.connect().await {
            Ok(mut connection) => redis::cmd("PING").exec_async(&mut connection).await.is_ok(),
            Err(_) => false,
        }
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let client = if self.scheme == "rediss" {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let root_cert = Some(self.certificate());
            redis::Client::build_with_tls(self.url(), redis::TlsCertificates { client_tls: None, root_cert })?
        } else {
            redis::Client::open(self.url())?
        };
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Asks the server itself.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut connection = self.connect().await.unwrap();
        let mut question = redis::cmd(command[0]);
        question.arg(&command[1..]);
        question.query_async(&mut connection).await.unwrap()
    }

    pub(crate) async fn tell(&self, command: &[&str]) {
        self.ask::<Value>(command).await;
    }

    /// All of the list `key`.
    pub(crate) async fn list(&self, key: &str) -> Vec<String> {
        self.ask(&["LRANGE", key, "0", "-1"]).await
    }

    /// Appends `bodies` to the list `key`.
    pub(crate) async fn push(&self, key: &str, bodies: &[String]) {
        for part in bodies.chunks(1000) {
            let mut command = vec!["RPUSH", key];
            command.extend(part.iter().map(String::as_str));
            self.tell(&command).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn make_certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", "key.pem"])
        .args(["-out", "cert.pem", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        // A certificate of an authority is refused as a server's own.
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
