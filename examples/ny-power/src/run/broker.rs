use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use flowcore::base::StopSignals;
use flowcore_mqtt::MqttConfig;
use tokio::net::TcpListener;

use super::Failure;
use super::password::own_password;
use super::program::Program;
use crate::broker::{Access, Broker, BrokerConfig, Limits, Mosquitto, PUMP, listen};
use crate::cli::{BrokerConfigOptions, BrokerRoleOptions, HostOptions, ListenOptions, PasswordOptions};

/// The broker in the program, with its addresses taken and its messages open.
pub(super) struct EmbeddedBroker {
    broker: Broker,
    mqtt: TcpListener,
    websocket: TcpListener,
    password: String,
}

impl EmbeddedBroker {
    pub(super) async fn open(
        dir: &Path,
        password: &PasswordOptions,
        ports: &ListenOptions,
        host: HostOptions,
    ) -> Result<Self, Failure> {
        // A port that is taken is said before anything is written.
        let mqtt = listen(host.at(ports.mqtt_port)).await?;
        let websocket = listen(host.at(ports.ws_port)).await?;
        std::fs::create_dir_all(dir)?;
        let password = own_password(password, dir)?;
        let access = Access::ny_power(&password)?;
        let broker = Broker::open(BrokerConfig { dir: dir.to_owned(), access, limits: Limits::default() })?;
        let opened = Self { broker, mqtt, websocket, password };
        let (mqtt, websocket) = (opened.mqtt.local_addr()?, opened.websocket.local_addr()?);
        println!("MQTT is at mqtt://{mqtt}, over websockets at ws://{websocket}");
        Ok(opened)
    }

    pub(super) fn websocket_port(&self) -> Result<u16, Failure> {
        Ok(self.websocket.local_addr()?.port())
    }

    /// How the other parts of the program reach it.
    pub(super) fn client(&self) -> Result<MqttConfig, Failure> {
        let address = reachable(self.mqtt.local_addr()?);
        Ok(MqttConfig::new(format!("mqtt://{address}")).login(PUMP, &self.password))
    }

    pub(super) fn start(self, program: &mut Program) {
        let Self { broker, mqtt, websocket, .. } = self;
        program.start("the broker", move |stopped| async move {
            Ok(broker.serve(mqtt, websocket, stopped).await?)
        });
    }
}

/// Who listens on all addresses is reached on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Only the broker.
pub(super) async fn run(options: &BrokerRoleOptions) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    let BrokerRoleOptions { listen, host, password, dir } = options;
    let mut program = Program::default();
    EmbeddedBroker::open(&dir.dir, password, listen, *host).await?.start(&mut program);
    program.run_until_stopped(&mut signals).await
}

/// The files of a Mosquitto.
pub(super) fn write_config(options: &BrokerConfigOptions) -> Result<(), Failure> {
    let BrokerConfigOptions { to, listen, host, password } = options;
    std::fs::create_dir_all(to)?;
    let password = own_password(password, to)?;
    let mosquitto = Mosquitto { address: *host, port: listen.mqtt_port, websocket_port: listen.ws_port };
    let conf = mosquitto.write(to, &password)?;
    println!("start it with: mosquitto -c {}", conf.display());
    Ok(())
}
