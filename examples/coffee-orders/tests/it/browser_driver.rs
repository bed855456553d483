//! Real Chromium through chromedriver: a small client of the `WebDriver` protocol.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_mins(2);
const STEP: Duration = Duration::from_millis(50);

/// The last ones: nothing is done more slowly because nobody looks at the window, and nobody else is asked.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
];

/// One chromedriver with a folder of its own. What it started ends with it.
pub(crate) struct Driver {
    address: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Driver {
    /// Call it from the test's own thread: the driver is killed when that ends.
    pub(crate) async fn start() -> Self {
        match Self::try_start().await {
            Ok(driver) => driver,
            // The port may have been taken meanwhile: once more, once.
            Err(first) => {
                Self::try_start().await.unwrap_or_else(|second| panic!("{first}\nand then {second}"))
            }
        }
    }

    async fn try_start() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        // The driver may be killed: the browser then has to end by itself.
        let browser = folder.path().join("browser");
        fs::write(&browser, "#!/bin/sh\nexec setpriv --pdeathsig KILL chromium \"$@\"\n")?;
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o755))?;
        let log = fs::File::create(folder.path().join("log"))?;
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "chromedriver", &format!("--port={}", address.port())])
            .env("TMPDIR", folder.path())
            .stdout(log.try_clone()?)
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()?;
        let driver = Self { address, process, folder };
        let watch = Clock::system().stopwatch();
        while driver.call("GET", "/status", None).is_err() {
            if watch.elapsed() > PATIENCE {
                let log = fs::read_to_string(driver.folder.path().join("log"))?;
                return Err(format!("chromedriver did not come up: {log}").into());
            }
            Clock::system().sleep(STEP).await;
        }
        Ok(driver)
    }

    /// A new browser window of its own profile. One that does not start is started again, once.
    pub(crate) fn browser(&self, width: u32, height: u32) -> Browser<'_> {
        let started = self.try_browser(width, height).or_else(|first| {
            self.try_browser(width, height).map_err(|second| format!("{first}\nand then {second}"))
        });
        started.unwrap_or_else(|error| {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            panic!("no browser: {error}: {log}")
        })
    }

    fn try_browser(&self, width: u32, height: u32) -> Result<Browser<'_>, Box<dyn Error>> {
        let options = json!({
            "binary": self.folder.path().join("browser"),
            "args": ARGUMENTS.into_iter().map(str::to_owned).chain([format!("--window-size={width},{height}")]).collect::<Vec<_>>(),
        });
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = self.call("POST", "/session", Some(&wanted))?;
        let session = session["sessionId"].as_str().ok_or("a session without a name")?.to_owned();
        let browser = Browser { driver: self, session };
        browser.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}),
        );
        Ok(browser)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Box<dyn Error>> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let (host, length) = (self.address, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let answer: Value = serde_json::from_slice(&read_body(&mut stream)?)?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{path}: {error}: {}", answer["value"]["message"]).into()),
            None => Ok(answer["value"].clone()),
        }
    }
}

/// The body of an answer that says how long it is.
fn read_body(stream: &mut TcpStream) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8(head)?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no length")?;
    let mut body = vec![0; length.trim().parse()?];
    stream.read_exact(&mut body)?;
    Ok(body)
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// One browser with one window.
pub(crate) struct Browser<'d> {
    driver: &'d Driver,
    session: String,
}

impl Browser<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        self.driver.call("POST", &format!("/session/{}{path}", self.session), Some(body)).unwrap()
    }

    pub(crate) fn open(&self, address: &str) {
        self.post("/url", &json!({"url": address}));
    }

    /// What the body of a function returns.
    pub(crate) fn eval(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until an expression is true.
    pub(crate) async fn wait(&self, what: &str) {
        let watch = Clock::system().stopwatch();
        while self.eval(&format!("return Boolean({what})")) != json!(true) {
            if watch.elapsed() > PATIENCE {
                let page = self.eval("return document.body.innerText");
                panic!("never came true: {what}; the page says {page}; its log {}", self.log());
            }
            Clock::system().sleep(STEP).await;
        }
    }

    /// Waits until nothing moves any more, but for what never ends.
    pub(crate) async fn settle(&self) {
        // What has just changed begins to move with the next picture.
        self.eval("window.drawn = 0; requestAnimationFrame(() => requestAnimationFrame(() => (drawn = 1)))");
        self.wait("drawn").await;
        self.wait("document.getAnimations().every((one) => one.effect.getTiming().iterations === Infinity)")
            .await;
    }

    /// Presses a key on what has the focus.
    pub(crate) fn press(&self, key: char) {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]}));
    }

    /// A command of the browser's own debugging protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    /// As if the user had asked for this scheme of colours, and for calm or not.
    pub(crate) fn prefer(&self, scheme: &str, motion: &str) {
        let scheme = json!({"name": "prefers-color-scheme", "value": scheme});
        let motion = json!({"name": "prefers-reduced-motion", "value": motion});
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": [scheme, motion]}));
    }

    /// What scripts and the browser complained about since the last call.
    pub(crate) fn log(&self) -> Value {
        self.post("/se/log", &json!({"type": "browser"}))
    }

    /// Keeps a picture of the window beside the tests' other files, for people to look at.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        let path = format!("/session/{}/screenshot", self.session);
        let picture = self.driver.call("GET", &path, None).unwrap();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        fs::write(&file, decode(picture.as_str().unwrap())).unwrap();
        file
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        // A driver that is gone has taken the browser with it.
        drop(self.driver.call("DELETE", &format!("/session/{}", self.session), None));
    }
}

/// Base64.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte| {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|d| *d == byte)
    };
    let digits: Vec<usize> = text.bytes().filter_map(digit).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().enumerate().fold(0, |bits, (place, digit)| bits | digit << (18 - 6 * place));
        bytes.extend((1..group.len()).map(|place| u8::try_from(bits >> (24 - 8 * place) & 255).unwrap()));
    }
    bytes
}

#[test]
fn base64_is_decoded() {
    assert_eq!(decode("Zmxvdw=="), b"flow");
    assert_eq!(decode("Y29mZmVl"), b"coffee");
    assert_eq!(decode("/+8="), [255, 239]);
}
