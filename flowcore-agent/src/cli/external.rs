use std::process::Stdio;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_net::Charset;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::runtime::Handle;

use crate::interpolate::FilterCall;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of what it prints is read.
const MOST: u64 = 64 << 10;

/// Asks the environment, or runs the command.
pub(super) fn ask(runtime: &Handle, call: FilterCall<'_>) -> Result<Option<String>, String> {
    match call {
        FilterCall::Environment(name) => Ok(std::env::var(name).ok()),
        // The registry is asked.
        FilterCall::Own { .. } => Ok(None),
        FilterCall::External { command, charset, key } => runtime.block_on(async {
            let clock = Clock::system();
            let charset = Charset::named(charset).map_err(|error| error.to_string())?;
            tokio::select! {
                answer = first_line(command, charset, key) => answer.map(Some),
                () = clock.sleep(LIMIT) => Err(format!("it took longer than {} s", LIMIT.as_secs())),
            }
        }),
    }
}

async fn first_line(command: &str, charset: Charset, key: &str) -> Result<String, String> {
    let mut words = command.split_ascii_whitespace();
    let program = words.next().unwrap_or_default();
    let mut child = Command::new(program)
        .args(words)
        .arg(key)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let (out, complaint) = (child.stdout.take(), child.stderr.take());
    let (out, complaint) = tokio::join!(all(out), all(complaint));
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        return Err(format!("it ended with {status}: {}", complaint.trim()));
    }
    let out = charset.decode_lossy(&out);
    out.lines().next().map(str::to_owned).ok_or_else(|| "it printed nothing".to_owned())
}

/// What can be read of an output, up to a limit; the rest is read and thrown away.
async fn all(output: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut output) = output {
        // What was read before an error is all there is.
        let _ = (&mut output).take(MOST).read_to_end(&mut bytes).await;
        let _ = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
    }
    bytes
}
