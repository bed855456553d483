use std::path::Path;
use std::sync::Arc;

use flowcore_mqtt::MqttConfig;
use tokio::net::TcpListener;

use super::Failure;
use super::feed::feed;
use super::password::given_password;
use super::program::Program;
use super::progress::Archiving;
use crate::archive::{self, Archive, EMBEDDED};
use crate::broker::PUMP;
use crate::cli::{ArchiveOptions, PasswordOptions, SourceOptions};
use crate::topology::{
    ArchiverProgress, ArchiverSettings, PumpProgress, PumpSettings, add_archiver, add_pump,
};
use crate::web::{self, WebConfig, WebSocket};

/// A broker that somebody else runs. User and password may be in its address.
pub(super) fn foreign_broker(address: &str, password: &PasswordOptions) -> Result<MqttConfig, Failure> {
    let mqtt = MqttConfig::new(address);
    Ok(match given_password(password)? {
        Some(password) => mqtt.login(PUMP, password),
        None => mqtt,
    })
}

pub(super) fn start_pump(
    program: &mut Program,
    mqtt: MqttConfig,
    source: &SourceOptions,
    after: Option<Arc<ArchiverProgress>>,
) -> Result<Arc<PumpProgress>, Failure> {
    let settings = PumpSettings { speed: source.speed, after, ..PumpSettings::of(mqtt, feed(source)?) };
    program.start_topology(super::PUMP, add_pump(&settings).build()?.start());
    Ok(settings.progress)
}

pub(super) async fn start_archiver(
    program: &mut Program,
    mqtt: MqttConfig,
    options: &ArchiveOptions,
    (dir, client_id): (&Path, &str),
) -> Result<Archiving, Failure> {
    let address = options.archive.as_deref().unwrap_or(EMBEDDED);
    if address == EMBEDDED {
        std::fs::create_dir_all(dir)?;
    }
    let archive = archive::open(address, dir).await?;
    let client_id = client_id.to_owned();
    let archive: Arc<dyn Archive> = Arc::from(archive);
    let usual = ArchiverSettings::new(mqtt, Arc::clone(&archive));
    let settings = ArchiverSettings { window: options.window, client_id, ..usual };
    program.start_topology("the archive", add_archiver(&settings).build()?.start());
    Ok(Archiving { progress: settings.progress, archive })
}

pub(super) fn start_web(
    program: &mut Program,
    listener: TcpListener,
    websocket: WebSocket,
) -> Result<(), Failure> {
    let page = listener.local_addr()?;
    println!("the dashboard is at http://{page}, the console at http://{page}/mqtt");
    program.start("the web server", move |stopped| async move {
        web::serve(listener, WebConfig { websocket }, stopped).await;
        Ok(())
    });
    Ok(())
}
