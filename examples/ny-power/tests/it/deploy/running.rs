//! The roles of the chart as processes: the same arguments, at ports and in folders of the test's own.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use ny_power::http::{HttpClient, HttpLimits, HttpRequest};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::helm::Helm;
use super::manifests::{Container, Manifests, items, text};
use crate::archive::influx_server::InfluxServer;
use crate::broker::tool::Subscriber;
use crate::program::process::Process;
use crate::program::site::{PASSWORD, PROGRAM};

const PATIENCE: Duration = Duration::from_mins(1);

/// A machine that stands in for the cluster.
struct Machine {
    folder: TempDir,
    ports: [u16; 3],
    influxdb: Option<InfluxServer>,
}

impl Machine {
    fn new(influxdb: Option<InfluxServer>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ports: [(); 3].map(|()| free_port()), influxdb }
    }

    /// An argument with what is different here.
    fn here(&self, component: &str, argument: &str) -> String {
        let data = if component == "archive" { "archive" } else { "broker" };
        let data = self.folder.path().join(data);
        let [mqtt, websocket, page] = self.ports;
        let influxdb = self.influxdb.as_ref().map(|server| server.address("", "")).unwrap_or_default();
        argument
            .replace("influx://demo-ny-power-influxdb:8086", &influxdb)
            .replace("/data", data.to_str().unwrap())
            .replace("demo-ny-power-broker:1883", &format!("127.0.0.1:{mqtt}"))
            .replace("0.0.0.0", "127.0.0.1")
            .replace("--mqtt-port=1883", &format!("--mqtt-port={mqtt}"))
            .replace("--ws-port=9001", &format!("--ws-port={websocket}"))
            .replace("--port=5000", &format!("--port={page}"))
    }

    /// Call it from the test's own thread: the process is killed when that ends.
    fn start(&self, container: Container<'_>) -> Process {
        let component = container.name();
        let arguments = container.arguments();
        let command = items(&container.spec["command"]);
        let (program, arguments) = match command.split_first() {
            Some((program, rest)) => (text(program), rest.iter().map(|word| text(word)).collect()),
            None => (PROGRAM, arguments),
        };
        let arguments: Vec<_> = arguments.iter().map(|argument| self.here(component, argument)).collect();
        let log = self.folder.path().join(format!("{component}.log"));
        Process::start(program, &arguments, &log, PASSWORD)
    }

    /// Starts it, and asks as its probe does until the answer is good.
    async fn start_and_probe(&self, container: Container<'_>) -> Process {
        let mut process = self.start(container);
        let watch = Clock::system().stopwatch();
        while !self.answers(&container.spec["readinessProbe"]).await {
            assert!(!process.has_ended() && watch.elapsed() < PATIENCE, "no answer: {}", process.said());
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
        process
    }

    async fn answers(&self, probe: &Value) -> bool {
        let [mqtt, _, page] = self.ports;
        let Some(path) = probe["httpGet"]["path"].as_str() else {
            return TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], mqtt))).is_ok();
        };
        let target = format!("http://127.0.0.1:{page}{path}").parse().unwrap();
        let client = HttpClient::new(HttpLimits::default());
        client.send(HttpRequest::get(target)).await.is_ok_and(|answer| answer.status == 200)
    }

    /// Has a component written into its folder?
    fn holds(&self, component: &str) -> bool {
        std::fs::read_dir(self.folder.path().join(component)).is_ok_and(|mut files| files.next().is_some())
    }
}

async fn all_roles_work_together(machine: &Machine, manifests: &Manifests) {
    let mut broker = machine.start_and_probe(manifests.container("broker")).await;
    let mut web = machine.start_and_probe(manifests.container("web")).await;
    let mut archive = machine.start(manifests.container("archive"));
    let mut pump = machine.start(manifests.container("pump"));
    let mut window =
        Subscriber::start(machine.ports[0], &["-q", "1", "-t", "ny-power/archive/co2/20h"]).await;
    assert!(window.next().await.contains("\"values\":["), "the archive has published no window");
    for process in [&mut pump, &mut archive, &mut web, &mut broker] {
        assert!(process.terminate().await.success(), "{}", process.said());
    }
}

#[tokio::test]
async fn the_roles_of_the_chart_work_together_and_end_when_they_are_told_to() {
    let manifests = Helm::new().template(&json!({"pump": {"live": false}}));
    let machine = Machine::new(None);
    all_roles_work_together(&machine, &manifests).await;
    assert!(machine.holds("broker") && machine.holds("archive"), "what they wrote is not on their volumes");
}

#[tokio::test]
async fn they_do_with_a_mosquitto() {
    let values = json!({"pump": {"live": false}, "broker": {"kind": "mosquitto"}});
    let manifests = Helm::new().template(&values);
    let machine = Machine::new(None);
    let mut config = machine.start(manifests.container("config"));
    assert!(config.end().await.success(), "{}", config.said());
    all_roles_work_together(&machine, &manifests).await;
}

#[tokio::test]
async fn they_do_with_an_influxdb_and_then_the_archive_needs_no_volume() {
    let values = json!({"pump": {"live": false}, "influxdb": {"enabled": true}});
    let machine = Machine::new(Some(InfluxServer::start().await));
    all_roles_work_together(&machine, &Helm::new().template(&values)).await;
    assert!(machine.holds("broker") && !machine.holds("archive"));
}
