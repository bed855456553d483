//! The parts of the program, each in a process of its own.

use flowcore::base::StopSignals;

use super::parts::{foreign_broker, start_archiver, start_pump, start_web};
use super::program::Program;
use super::progress::ProgressLine;
use super::{Failure, watch};
use crate::cli::{ArchiveRoleOptions, PumpOptions, WebOptions};
use crate::web::{self, WebSocket};

/// Only the pump.
pub(super) async fn pump(options: &PumpOptions) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    let mut program = Program::default();
    let mqtt = foreign_broker(&options.broker, &options.password)?;
    let pumped = start_pump(&mut program, mqtt, &options.source, None)?;
    let progress = ProgressLine::new(Some(pumped), None);
    // There is nothing to wait for when the input is through.
    let ended = watch::watch(&mut program, progress, true, &mut signals).await;
    let stopped = program.stop(&mut signals).await;
    ended.and(stopped)
}

/// Only the archive.
pub(super) async fn archive(options: &ArchiveRoleOptions) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    let mut program = Program::default();
    let mqtt = foreign_broker(&options.broker, &options.password)?;
    let place = (&*options.dir.dir, &*options.client_id);
    let archived = start_archiver(&mut program, mqtt, &options.archive, place).await?;
    let progress = ProgressLine::new(None, Some(archived));
    let ended = watch::watch(&mut program, progress, true, &mut signals).await;
    let stopped = program.stop(&mut signals).await;
    ended.and(stopped)
}

/// Only the pages.
pub(super) async fn web(options: &WebOptions) -> Result<(), Failure> {
    let mut signals = StopSignals::listen()?;
    let mut program = Program::default();
    let listener = web::listen(options.page.host.at(options.page.port)).await?;
    let port = WebSocket::Port(options.ws_port);
    let websocket = options.page.websocket.clone().map_or(port, WebSocket::Address);
    start_web(&mut program, listener, websocket)?;
    program.run_until_stopped(&mut signals).await
}
