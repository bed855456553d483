//! `flowcore avro-client`: lines of files or of standard input, each as an event to an Avro or Thrift source.

mod config;
mod input;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use flowcore::base::with_causes;
use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError};
use tokio::runtime::Runtime;

use self::config::{ClientConfig, ClientConfigError};
use self::input::{Input, InputError};
use super::{Exit, output};
use crate::origin::{ReadError, contents};
use crate::properties::{Entry, LoadError, Properties};

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
            output::complain(delivered(sent));
            Exit::Clean
        }
        Err(error) => {
            output::complain(format_args!("error: {}\n{}", with_causes(&error), delivered(sent)));
            if matches!(error, ClientError::Config(_)) { Exit::BadConfiguration } else { Exit::Failed }
        }
    }
}

fn delivered(sent: u64) -> String {
    if sent == 1 { "1 event was delivered".to_owned() } else { format!("{sent} events were delivered") }
}

fn send_all(options: &AvroClientOptions, sent: &mut u64) -> Result<(), ClientError> {
    let mut client = ClientConfig::read(&client_properties(options)?)?;
    let headers = options.header_file.as_deref().map_or(Ok(HashMap::new()), headers)?;
    let inputs = match (&options.filename, &options.dirname) {
        (Some(file), _) => vec![Input::File(file.clone())],
        (None, Some(folder)) => input::files_in(folder)?,
        (None, None) => vec![Input::Standard],
    };
    let runtime = Runtime::new().map_err(ClientError::Start)?;
    for input in inputs {
        runtime.block_on(send(&input, &mut client, &headers, sent))?;
        if options.dirname.is_some() {
            input.complete()?;
        }
    }
    Ok(())
}

async fn send(
    input: &Input,
    client: &mut ClientConfig,
    headers: &HashMap<String, String>,
    sent: &mut u64,
) -> Result<(), ClientError> {
    let mut lines = input.lines()?;
    loop {
        let line = lines.next_line();
        let mut events = Vec::new();
        while events.len() < client.batch_size {
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
        client.sink.deliver(&events).await.map_err(failed)?;
        *sent += events.len() as u64;
    }
}

/// Those of a file, or as many as the options say.
fn client_properties(options: &AvroClientOptions) -> Result<Properties, ClientError> {
    if let Some(file) = &options.rpc_props {
        return properties(file);
    }
    let (host, port) = (options.host.as_deref().unwrap_or("localhost"), options.port.unwrap_or(41414));
    let mut properties = Properties::new();
    properties.add("options", format!("hostname = {host}\nport = {port}\n").as_bytes())?;
    Ok(properties)
}

fn headers(file: &Path) -> Result<HashMap<String, String>, ClientError> {
    let properties = properties(file)?;
    let pair = |entry: &Entry| (entry.key.as_str().to_owned(), entry.value.as_str().trim_end().to_owned());
    Ok(properties.entries().iter().map(pair).collect())
}

fn properties(file: &Path) -> Result<Properties, ClientError> {
    let mut properties = Properties::new();
    for (name, content) in contents(&[file.to_owned()])? {
        properties.add(&name, &content)?;
    }
    Ok(properties)
}
