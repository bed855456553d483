use std::sync::Arc;

use flowcore::base::StopSignals;

use super::broker::EmbeddedBroker;
use super::parts::{foreign_broker, start_archiver, start_pump, start_web};
use super::program::Program;
use super::progress::ProgressLine;
use super::{Failure, watch, websocket};
use crate::cli::AllOptions;
use crate::web::{self, WebSocket};

/// The name under which a broker keeps messages for the archive.
const ARCHIVE_ID: &str = "ny-power-archive";

/// All of it in one process: a broker, unless there is one elsewhere, and around it pump, archive and pages.
pub(super) async fn run(options: &AllOptions) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    let mut program = Program::default();
    let ended = match start(&mut program, options).await {
        Ok(progress) => watch::watch(&mut program, progress, options.source.exit, &mut signals).await,
        Err(failure) => Err(failure),
    };
    let stopped = program.stop(&mut signals).await;
    ended.and(stopped)
}

async fn start(program: &mut Program, options: &AllOptions) -> Result<ProgressLine, Failure> {
    let AllOptions { source, broker, password, archive, dir, listen, page } = options;
    let listener = web::listen(page.host.at(page.port)).await?;
    let said = page.websocket.as_ref();
    let (mqtt, websocket) = if let Some(address) = broker {
        let websocket = websocket::beside(address, listen.ws_port, said)?;
        (foreign_broker(address, password)?, websocket)
    } else {
        let broker = EmbeddedBroker::open(&dir.dir, password, listen, page.host).await?;
        let (mqtt, port) = (broker.client()?, broker.websocket_port()?);
        broker.start(program);
        (mqtt, said.cloned().map_or(WebSocket::Port(port), WebSocket::Address))
    };
    start_web(program, listener, websocket)?;
    let archived = start_archiver(program, mqtt.clone(), archive, (&dir.dir, ARCHIVE_ID)).await?;
    let pumped = start_pump(program, mqtt, source, Some(Arc::clone(&archived.progress)))?;
    Ok(ProgressLine::new(Some(pumped), Some(archived)))
}
