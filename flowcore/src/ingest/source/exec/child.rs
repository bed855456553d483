use std::io;
use std::process::Stdio;

use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// How far a command that writes a lot may be ahead, where the system lets a pipe be that long. With the usual
/// 64 KiB, one of both sleeps most of the time.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PIPE: usize = 256 * 1024;

/// A running command. It and everything it started is killed when this is dropped.
#[derive(Debug)]
pub(super) struct ChildGroup {
    pub(super) child: Child,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl ChildGroup {
    pub(super) fn start(program: &str, arguments: &[String]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let missing = || io::Error::other("the command has no output");
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        // It stays as it is where many long ones are open already.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = rustix::pipe::fcntl_setpipe_size(&stdout, PIPE);
        Ok(Self { child, stdout, stderr })
    }

    /// Its own end is seen to by `kill_on_drop`; this is for what it started.
    #[cfg(unix)]
    fn kill_group(&self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            // An error says that nobody is left.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn kill_group(&self) {}

    /// Kills it, and waits until it is gone.
    pub(super) async fn kill(mut self) -> io::Result<()> {
        self.kill_group();
        self.child.kill().await
    }
}

impl Drop for ChildGroup {
    fn drop(&mut self) {
        self.kill_group();
    }
}
