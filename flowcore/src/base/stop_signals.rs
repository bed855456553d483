use std::io;

/// What the system sends a program that is to end: Ctrl-C in its terminal, the wish that it terminates, or that its
/// terminal is gone. A program that was started to ignore the last, as by `nohup`, goes on ignoring it.
///
/// The first signal is the time to stop in order; who waits for a second one can end at once then. As long as this
/// lives, signals no longer end the program by themselves.
///
/// ```no_run
/// # use flowcore::process::RunningTopology;
/// # async fn example(topology: RunningTopology) -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::base::StopSignals;
///
/// let mut signals = StopSignals::listen()?;
/// let handle = topology.handle();
/// let mut ended = std::pin::pin!(topology.wait());
/// let report = tokio::select! {
///     report = &mut ended => report?,
///     _ = signals.next() => {
///         handle.stop();
///         ended.await?
///     }
/// };
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct StopSignals(system::Signals);

/// A signal that asks a program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// From the terminal: SIGINT.
    Interrupt,
    /// From whoever started it: SIGTERM.
    Terminate,
    /// Its terminal was closed: SIGHUP.
    Hangup,
}

impl StopSignals {
    /// Takes signals from now on. Call it within a tokio runtime.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> io::Result<Self> {
        system::Signals::listen().map(Self)
    }

    /// Waits for the next one. Safe to cancel.
    pub async fn next(&mut self) -> StopSignal {
        self.0.next().await
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::path::Path;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::StopSignal;
    use crate::base::{Disk, LocalDisk};

    #[derive(Debug)]
    pub(super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        /// None where it is to be ignored.
        hangup: Option<Signal>,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            // Where that cannot be read, a hangup ends the program at once, as the system has it.
            let status = LocalDisk.read(Path::new("/proc/self/status"), 64 * 1024).unwrap_or_default();
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: heeds_hangup(&String::from_utf8_lossy(&status))
                    .then(|| signal(SignalKind::hangup()))
                    .transpose()?,
            })
        }

        pub(super) async fn next(&mut self) -> StopSignal {
            tokio::select! {
                _ = self.interrupt.recv() => StopSignal::Interrupt,
                _ = self.terminate.recv() => StopSignal::Terminate,
                () = hung_up(self.hangup.as_mut()) => StopSignal::Hangup,
            }
        }
    }

    async fn hung_up(hangup: Option<&mut Signal>) {
        match hangup {
            Some(hangup) => drop(hangup.recv().await),
            None => std::future::pending().await,
        }
    }

    /// What the system says of a process has a mask of the signals that it ignores; SIGHUP is the lowest.
    pub(super) fn heeds_hangup(status: &str) -> bool {
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & 1 == 0)
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use super::StopSignal;

    #[derive(Debug)]
    pub(super) struct Signals;

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> StopSignal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => StopSignal::Interrupt,
                // There is nobody to hear it from.
                Err(_) => std::future::pending().await,
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use flowcore_testkit::within;

    use super::*;

    #[test]
    fn a_hangup_that_was_ignored_from_the_start_is_not_heeded() {
        let heeds = system::heeds_hangup;
        assert!(heeds("Name:\tflowcore\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000001\n"));
        assert!(!heeds("SigIgn:\t0000000000001001\n"), "under nohup");
        assert!(!heeds(""));
    }

    #[tokio::test]
    async fn each_signal_is_told_and_none_ends_the_program() {
        let mut signals = StopSignals::listen().unwrap();
        for (name, signal) in [("-TERM", StopSignal::Terminate), ("-INT", StopSignal::Interrupt)] {
            let own = std::process::id().to_string();
            let told = std::process::Command::new("kill").args([name, &own]).status().unwrap();
            assert!(told.success());
            assert_eq!(within(signals.next()).await, signal);
        }
    }
}
