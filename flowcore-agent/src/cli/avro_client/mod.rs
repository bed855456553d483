//! `flowcore avro-client`: lines of files or of standard input, each as an event to an Avro source.

mod config;
mod input;
mod sender;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use flowcore::event::Event;
use flowcore::ingest::SinkError;
use tokio::runtime::Runtime;

use self::config::{ClientConfig, ClientConfigError};
use self::input::{Input, InputError};
use self::sender::Sender;
use super::Exit;
use super::said::with_causes;
use crate::origin::{ReadError, contents};
use crate::properties::{LoadError, Properties};

/// Options of `avro-client`, as those of `flume-ng avro-client`.
#[derive(Debug, Args)]
pub struct AvroClientOptions {
    /// The host of the Avro source.
    #[arg(short = 'H', long, value_name = "HOST", required_unless_present = "rpc_props")]
    pub host: Option<String>,
    /// Its port.
    #[arg(short, long, required_unless_present = "rpc_props")]
    pub port: Option<u16>,
    /// Properties with one or several hosts, and how they are used.
    #[arg(short = 'P', long = "rpcProps", value_name = "FILE", conflicts_with_all = ["host", "port"])]
    pub rpc_props: Option<PathBuf>,
    /// A file, each line of which is an event; standard input if no file is said.
    #[arg(short = 'F', long = "filename", value_name = "FILE", conflicts_with = "dirname")]
    pub filename: Option<PathBuf>,
    /// A folder of such files. One that was sent is renamed: `.COMPLETED` is put behind its name.
    #[arg(long, value_name = "FOLDER")]
    pub dirname: Option<PathBuf>,
    /// Properties that every event has as headers.
    #[arg(short = 'R', long = "headerFile", value_name = "FILE")]
    pub header_file: Option<PathBuf>,
    /// Accepted for old start scripts, without effect.
    #[arg(short, long, value_name = "FOLDER")]
    pub conf: Option<PathBuf>,
}

/// Why not all lines were sent.
#[derive(Debug, thiserror::Error)]
enum ClientError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Config(#[from] ClientConfigError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{input}, lines from {line}: not delivered")]
    Send {
        input: String,
        line: u64,
        #[source]
        cause: SinkError,
    },
    #[error("cannot start")]
    Start(#[source] std::io::Error),
}

/// `flowcore avro-client`.
pub(super) fn run(options: &AvroClientOptions) -> Exit {
    let mut sent = 0;
    let outcome = send_all(options, &mut sent);
    match outcome {
        Ok(()) => {
            eprintln!("{sent} events were delivered");
            Exit::Clean
        }
        Err(error) => {
            eprintln!("error: {}\n{sent} events were delivered", with_causes(&error));
            if matches!(error, ClientError::Config(_)) { Exit::BadConfiguration } else { Exit::Failed }
        }
    }
}

fn send_all(options: &AvroClientOptions, sent: &mut u64) -> Result<(), ClientError> {
    let config = match (&options.rpc_props, &options.host, options.port) {
        (Some(file), ..) => ClientConfig::read(&properties(file)?)?,
        (None, host, port) => ClientConfig::of(host.as_deref().unwrap_or("localhost"), port.unwrap_or(41414)),
    };
    let headers = options.header_file.as_deref().map_or(Ok(HashMap::new()), properties)?;
    let inputs = match (&options.filename, &options.dirname) {
        (Some(file), _) => vec![Input::File(file.clone())],
        (None, Some(folder)) => input::files_in(folder)?,
        (None, None) => vec![Input::Standard],
    };
    let runtime = Runtime::new().map_err(ClientError::Start)?;
    let mut sender = Sender::new(&config);
    for input in inputs {
        runtime.block_on(send(&input, &mut sender, &headers, config.batch_size, sent))?;
        if options.dirname.is_some() {
            input.complete()?;
        }
    }
    Ok(())
}

async fn send(
    input: &Input,
    sender: &mut Sender,
    headers: &HashMap<String, String>,
    batch: usize,
    sent: &mut u64,
) -> Result<(), ClientError> {
    let mut lines = input.lines()?;
    loop {
        let line = lines.next_line();
        let mut events = Vec::new();
        while events.len() < batch {
            let Some(body) = lines.next()? else { break };
            let event = Event::new(body);
            events.push(
                headers
                    .iter()
                    .fold(event, |event, (key, value)| event.with_header(key.as_str(), value.as_str())),
            );
        }
        if events.is_empty() {
            return Ok(());
        }
        let failed = |cause| ClientError::Send { input: input.name(), line, cause };
        sender.send(&events).await.map_err(failed)?;
        *sent += events.len() as u64;
    }
}

fn properties(file: &Path) -> Result<HashMap<String, String>, ClientError> {
    let mut properties = Properties::new();
    for (name, content) in contents(&[file.to_owned()])? {
        properties.add(&name, &content)?;
    }
    let pair = |entry: &crate::properties::Entry| {
        (entry.key.as_str().to_owned(), entry.value.as_str().trim_end().to_owned())
    };
    Ok(properties.entries().iter().map(pair).collect())
}
