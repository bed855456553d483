//! `mosquitto_pub` and `mosquitto_sub`: clients that others wrote.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// For what happens at once on a quiet machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Both versions, as these programs call them.
pub(crate) const VERSIONS: [&str; 2] = ["mqttv311", "mqttv5"];

/// Publishes, and waits until it is done.
pub(crate) async fn publish(port: u16, arguments: &[&str]) -> Output {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).args(arguments).kill_on_drop(true);
    timeout(PATIENCE, command.output()).await.expect("it ends").expect("mosquitto_pub is installed")
}

/// Publishes as `pump`, which must succeed.
pub(crate) async fn pump(port: u16, arguments: &[&str]) {
    let login = ["-u", "pump", "-P", super::running::PASSWORD];
    let output = publish(port, &[&login, arguments].concat()).await;
    assert!(output.status.success(), "{output:?}");
}

/// A subscriber that runs.
pub(crate) struct Subscriber {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Subscriber {
    /// Started, and its subscriptions answered. What came before that is not shown.
    pub(crate) async fn start(port: u16, arguments: &[&str]) -> Self {
        let mut subscriber = Self::resume(port, arguments);
        subscriber.line(|line| line.starts_with("Subscribed")).await;
        subscriber
    }

    /// Started; shows all that comes, also what waited for it.
    pub(crate) fn resume(port: u16, arguments: &[&str]) -> Self {
        let mut command = Command::new("stdbuf");
        command
            .args(["-oL", "mosquitto_sub", "-d", "-F", "=%t %q %r %p", "-h", "127.0.0.1", "-p"])
            .arg(port.to_string())
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("stdbuf and mosquitto_sub are installed");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { _child: child, lines }
    }

    /// The next message: topic, quality, 1 if retained, payload.
    pub(crate) async fn next(&mut self) -> String {
        self.line(|line| line.starts_with('=')).await[1..].to_owned()
    }

    pub(crate) async fn take(&mut self, count: usize) -> Vec<String> {
        let mut messages = Vec::new();
        for _ in 0..count {
            messages.push(self.next().await);
        }
        messages
    }

    async fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.expect("a line comes");
            let line = line.unwrap().expect("the subscriber goes on");
            if wanted(&line) {
                return line;
            }
        }
    }
}
