//! The web server, and a client without a browser.

use std::net::SocketAddr;

use flowcore::base::{Stop, TaskSet};
use ny_power::web::{WebConfig, WebSocket, listen, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::browser_driver::Browser;

/// A web server that sends pages to one broker.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    stop: Stop,
    tasks: TaskSet<()>,
}

impl Site {
    /// Pages find the broker by its port alone.
    pub(crate) async fn start(websocket: SocketAddr) -> Self {
        Self::start_with(WebSocket::Port(websocket.port())).await
    }

    pub(crate) async fn start_with(websocket: WebSocket) -> Self {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let stopped = stop.stopped();
        let mut tasks = TaskSet::new();
        tasks.spawn("site", async move {
            serve(listener, WebConfig { websocket }, stopped).await;
        });
        Self { address, stop, tasks }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.now();
        let (_, end) = self.tasks.next().await.unwrap();
        end.into_result().unwrap();
    }

    /// Opens the dashboard, and waits until it is subscribed.
    pub(crate) async fn dashboard(&self, browser: &Browser<'_>) {
        browser.open(&format!("http://{}/", self.address));
        browser
            .wait("!['connecting', 'disconnected'].includes(document.querySelector('#status').textContent)")
            .await;
    }

    /// Opens the console, and waits until it is subscribed.
    pub(crate) async fn console(&self, browser: &Browser<'_>) {
        browser.open(&format!("http://{}/mqtt", self.address));
        browser.wait("document.body.dataset.state === 'live'").await;
    }
}

/// What the bars show, in their order: fuel and megawatts.
pub(crate) fn bars(browser: &Browser<'_>) -> Value {
    browser.eval(
        "return [...document.querySelectorAll('.bar')].map((bar) => \
         [bar.dataset.fuel, bar.dataset.value === '' ? null : Number(bar.dataset.value)])",
    )
}

/// The text of the element with an id.
pub(crate) fn text(browser: &Browser<'_>, id: &str) -> String {
    browser.eval(&format!("return document.getElementById('{id}').textContent")).as_str().unwrap().to_owned()
}

/// Waits until an element's text has a part.
pub(crate) async fn wait_text(browser: &Browser<'_>, id: &str, part: &str) {
    browser.wait(&format!("document.getElementById('{id}').textContent.includes({})", json!(part))).await;
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for a path on a connection of its own, under a host.
pub(crate) async fn get_as(address: SocketAddr, host: &str, path: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let question = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    get_as(address, &address.to_string(), path).await
}
