use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncReadExt;

use super::child::ChildGroup;
use super::line_splitter::{LineSplitter, SplitLine};
use super::pending::Pending;
use crate::base::Clock;
use crate::event::Event;
use crate::ingest::{Batch, ChannelWriter, PutError, PutErrorKind, Source, SourceError};

/// What is read from a pipe at once.
const CHUNK: usize = 64 * 1024;
/// The most of one line of a command's complaints that is logged.
const LOGGED: usize = 1024;

/// Runs a command; every line that it prints is an event.
///
/// **There are no positions:** what the command printed and was not yet in the channel when the program
/// stopped is lost, and a command that starts again prints what it likes. Use
/// [`TailSource`](crate::ingest::source::TailSource) for files. **Order** is that of the lines. **When the channel is full**
/// the command waits in its next write. A line over the limit is cut, with its full length in the header
/// `truncated`; a last line without a newline counts. What the command writes to its standard error is
/// logged, unless told otherwise, the first 1024 bytes of a line. At the stop the command and everything it
/// started is killed.
///
/// The run ends with the command's output: well when it exits with 0, otherwise with an error that may be
/// retried; with [`restart`](Self::restart) the command is started again in both cases.
///
/// ```no_run
/// use flowcore::ingest::source::ExecSource;
/// use std::time::Duration;
/// let source = ExecSource::new("vmstat", ["1"]).restart(Some(Duration::from_secs(10)));
/// let source = ExecSource::shell("journalctl -f | grep sshd");
/// ```
#[derive(Debug)]
pub struct ExecSource {
    program: String,
    arguments: Vec<String>,
    restart: Option<Duration>,
    max_line: usize,
    crlf: bool,
    batch_lines: usize,
    batch_timeout: Option<Duration>,
    log_stderr: bool,
}

/// Why an [`ExecSource`] cannot go on: the cause inside its [`SourceError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecError {
    /// The command cannot be started.
    #[error("cannot start {program}")]
    Start {
        /// The command.
        program: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The command's output cannot be read.
    #[error("cannot read what {program} prints")]
    Read {
        /// The command.
        program: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The command did not end well.
    #[error("{program} ended with {status}")]
    Exited {
        /// The command.
        program: String,
        /// Its exit code or signal.
        status: ExitStatus,
    },
    /// A channel does not take what was read.
    #[error("channel {channel} refused lines")]
    Refused {
        /// The channel.
        channel: String,
        /// Why.
        #[source]
        kind: PutErrorKind,
    },
}

impl ExecSource {
    /// Runs `program` with `arguments`, without a shell.
    pub fn new<A: Into<String>>(program: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self {
            program: program.into(),
            arguments,
            restart: None,
            max_line: CHUNK,
            crlf: false,
            batch_lines: 1000,
            batch_timeout: None,
            log_stderr: true,
        }
    }

    /// Runs `command` with `sh -c`.
    pub fn shell(command: impl Into<String>) -> Self {
        Self::new("sh", ["-c".to_owned(), command.into()])
    }

    /// Starts the command again after this pause when it ended (default: not).
    #[must_use]
    pub fn restart(mut self, pause: Option<Duration>) -> Self {
        self.restart = pause;
        self
    }

    /// The longest line in bytes (default 64 KiB, at least 1).
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes.max(1);
        self
    }

    /// Whether a `\r` before the newline belongs to the end of the line (default false).
    #[must_use]
    pub fn crlf(mut self, crlf: bool) -> Self {
        self.crlf = crlf;
        self
    }

    /// The most lines that are put at once (default 1000).
    #[must_use]
    pub fn batch(mut self, lines: usize) -> Self {
        self.batch_lines = lines.max(1);
        self
    }

    /// How long lines wait for others that fill their batch (default: not at all, what was read at once is put
    /// at once).
    #[must_use]
    pub fn batch_timeout(mut self, time: Option<Duration>) -> Self {
        self.batch_timeout = time;
        self
    }

    /// Whether what the command writes to its standard error is logged (default true); else it is thrown away.
    #[must_use]
    pub fn log_stderr(mut self, log: bool) -> Self {
        self.log_stderr = log;
        self
    }

    /// Until the command ends, with its exit status, or the source is to stop.
    async fn run_once(&self, out: &mut ChannelWriter) -> Result<Option<ExitStatus>, ExecError> {
        let start = ChildGroup::start(&self.program, &self.arguments);
        let mut child = start.map_err(|cause| ExecError::Start { program: self.program.clone(), cause })?;
        let cannot_read = |cause| ExecError::Read { program: self.program.clone(), cause };
        let mut lines = LineSplitter::new(self.max_line, self.crlf);
        let mut complaints = LineSplitter::new(LOGGED, true);
        let clock = out.context().clock.clone();
        let mut pending = Pending::new(self.batch_lines, self.batch_timeout);
        let (mut output, mut errors) = (vec![0; CHUNK], vec![0; LOGGED]);
        let (mut has_output, mut has_errors) = (true, true);
        loop {
            let wait = pending.wait(&clock);
            tokio::select! {
                biased;
                () = out.stopping() => {
                    child.kill().await.map_err(cannot_read)?;
                    put_due(&mut pending, &clock, true, out).await?;
                    return Ok(None);
                }
                () = clock.sleep(wait.unwrap_or_default()), if wait.is_some() => {
                    put_due(&mut pending, &clock, false, out).await?;
                }
                read = child.stderr.read(&mut errors), if has_errors => {
                    let read = read.map_err(cannot_read)?;
                    has_errors = read > 0;
                    self.log(&mut complaints, &errors[..read]);
                }
                read = child.stdout.read(&mut output), if has_output => {
                    let read = read.map_err(cannot_read)?;
                    has_output = read > 0;
                    take_in(&mut lines, &output[..read], &mut pending);
                    put_due(&mut pending, &clock, !has_output, out).await?;
                }
                status = child.child.wait(), if !has_output => return Ok(Some(status.map_err(cannot_read)?)),
            }
        }
    }

    fn log(&self, complaints: &mut LineSplitter, read: &[u8]) {
        if !self.log_stderr {
            return;
        }
        let program = &self.program;
        let say = |(line, _): SplitLine| tracing::warn!(%program, "{}", String::from_utf8_lossy(&line).escape_debug());
        if read.is_empty() {
            complaints.rest().into_iter().for_each(say);
        } else {
            complaints.feed(&Bytes::copy_from_slice(read), say);
        }
    }
}

/// Takes in the lines that end in `read`; nothing read is the end.
fn take_in(lines: &mut LineSplitter, read: &[u8], pending: &mut Pending) {
    if read.is_empty() {
        pending.events.extend(lines.rest().map(event));
    }
    lines.feed(&Bytes::copy_from_slice(read), |line| pending.events.push(event(line)));
}

async fn put_due(
    pending: &mut Pending,
    clock: &Clock,
    is_end: bool,
    out: &mut ChannelWriter,
) -> Result<(), ExecError> {
    while let Some(events) = pending.due(clock, is_end) {
        put(events, out).await?;
    }
    Ok(())
}

fn event((body, truncated): SplitLine) -> Event {
    match truncated {
        Some(length) => Event::new(body).with_header("truncated", length.to_string()),
        None => Event::new(body),
    }
}

/// In halves where a channel's transactions are small.
async fn put(events: Vec<Event>, out: &mut ChannelWriter) -> Result<(), ExecError> {
    let mut parts = vec![events];
    while let Some(part) = parts.pop() {
        let PutError { channel, kind, refused } = match out.put(Batch::untracked(part)).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        let mut events = refused.events;
        match kind {
            PutErrorKind::TooLarge if events.len() > 1 => {
                parts.push(events.split_off(events.len() / 2));
                parts.push(events);
            }
            _ if out.is_stopping() => {
                tracing::warn!(source = %out.context().name, lines = events.len(), "lines are lost at the stop");
            }
            _ => return Err(ExecError::Refused { channel, kind }),
        }
    }
    Ok(())
}

#[async_trait]
impl Source for ExecSource {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        let clock = out.context().clock.clone();
        loop {
            let Some(status) = self.run_once(out).await.map_err(SourceError::retry)? else { return Ok(()) };
            tracing::info!(program = %self.program, %status, "the command ended");
            let Some(pause) = self.restart else {
                let failed = || ExecError::Exited { program: self.program.clone(), status };
                return if status.success() { Ok(()) } else { Err(SourceError::retry(failed())) };
            };
            tokio::select! {
                () = clock.sleep(pause) => {}
                () = out.stopping() => return Ok(()),
            }
        }
    }
}
