use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_mqtt::{MqttConfig, Version};
use flowcore_testkit::free_port;
use tempfile::TempDir;

/// A real broker in a folder of its own. Killed when it is dropped, and by the kernel when the thread that
/// started it ends.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    tls_port: u16,
    password_port: u16,
    settings: String,
    child: Option<Child>,
}

impl Server {
    /// Sessions and retained messages are on disk when it was stopped, not when it was killed.
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// With more lines in its configuration.
    pub(crate) async fn start_with(settings: &str) -> Self {
        Self::new(settings).started().await
    }

    /// One that speaks TLS too.
    pub(crate) async fn with_tls() -> Self {
        let server = Self::new("");
        make_certificate(server.folder.path());
        server.started().await
    }

    /// One that has users too.
    pub(crate) async fn with_logins() -> Self {
        let server = Self::new("");
        make_logins(server.folder.path());
        server.started().await
    }

    fn new(settings: &str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            tls_port: free_port(),
            password_port: free_port(),
            settings: settings.to_owned(),
            child: None,
        }
    }

    async fn started(mut self) -> Self {
        self.up().await;
        self
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Anybody may do anything there.
    pub(crate) fn config(&self) -> MqttConfig {
        MqttConfig::new(format!("mqtt://127.0.0.1:{}", self.port)).patience(Duration::from_mins(1))
    }

    pub(crate) fn speaking(&self, version: Version) -> MqttConfig {
        self.config().version(version)
    }

    /// The same over TLS.
    pub(crate) fn tls(&self, host: &str) -> MqttConfig {
        MqttConfig::new(format!("mqtts://{host}:{}", self.tls_port)).patience(Duration::from_mins(1))
    }

    /// With users: `flow` with the password `secret` may read and write `flow/#`, anybody may read `flow/open/#`.
    pub(crate) fn guarded(&self, login: &str) -> MqttConfig {
        MqttConfig::new(format!("mqtt://{login}127.0.0.1:{}", self.password_port))
            .patience(Duration::from_mins(1))
    }

    pub(crate) fn certificate(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("cert.pem")).unwrap()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends as brokers do: sessions and what is retained go to disk.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
            child.wait().unwrap();
        }
    }

    /// Starts it in the same folder on the same ports, and waits until it answers.
    pub(crate) async fn up(&mut self) {
        let folder = self.folder.path();
        let log = File::create(folder.join("log")).unwrap();
        std::fs::write(folder.join("mosquitto.conf"), self.configuration()).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "mosquitto", "-c"])
            .arg(folder.join("mosquitto.conf"))
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .expect("mosquitto and setpriv are installed");
        self.child = Some(child);
        for _ in 0..600 {
            if self.answers().await {
                return;
            }
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        panic!("mosquitto did not answer within 30 s; its log: {log}");
    }

    async fn answers(&self) -> bool {
        let client = flowcore_mqtt::MqttClient::new(self.config());
        client.retained("ready", Duration::from_millis(500)).await.is_ok()
    }

    fn configuration(&self) -> String {
        let folder = self.folder.path().display();
        let mut lines = String::from("per_listener_settings true\n");
        if std::fs::metadata(self.folder.path()).unwrap().uid() == 0 {
            lines.push_str("user root\n");
        }
        let (port, tls, password) = (self.port, self.tls_port, self.password_port);
        write!(
            lines,
            "persistence true\npersistence_location {folder}/\nlog_dest stderr\nset_tcp_nodelay true\nmax_queued_messages 100000\n{}\n\
             listener {port} 127.0.0.1\nallow_anonymous true\n",
            self.settings
        )
        .unwrap();
        let has = |name: &str| self.folder.path().join(name).exists();
        if has("cert.pem") {
            let keys = format!("certfile {folder}/cert.pem\nkeyfile {folder}/key.pem");
            writeln!(
                lines,
                "listener {tls} 127.0.0.1\ncafile {folder}/cert.pem\n{keys}\nallow_anonymous true"
            )
            .unwrap();
        }
        if has("passwords") {
            let users = format!("password_file {folder}/passwords\nacl_file {folder}/acl");
            writeln!(lines, "listener {password} 127.0.0.1\nallow_anonymous true\n{users}").unwrap();
        }
        lines
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn make_logins(folder: &Path) {
    let made = Command::new("mosquitto_passwd")
        .args(["-c", "-b", "passwords", "flow", "secret"])
        .current_dir(folder)
        .output()
        .expect("mosquitto_passwd is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::write(folder.join("acl"), "topic read flow/open/#\nuser flow\ntopic readwrite flow/#\n")
        .unwrap();
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
