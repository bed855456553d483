use std::io::{self, IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flowcore::base::{StopSignals, TaskSet, blocking};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// What a person does: presses `q`, sends a signal, changes the window.
pub(super) struct Keys {
    quit: watch::Receiver<bool>,
    resized: Signal,
    signals: StopSignals,
    stop: Arc<AtomicBool>,
    reader: TaskSet<()>,
}

/// What a person wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Quit,
    Redraw,
}

impl Keys {
    pub(super) fn listen() -> io::Result<Self> {
        let (pressed, quit) = watch::channel(false);
        let stop = Arc::new(AtomicBool::new(false));
        let mut reader = TaskSet::new();
        let stopped = Arc::clone(&stop);
        if io::stdin().is_terminal() {
            reader.spawn("keys", async move {
                // A panic of the reader leaves the signals.
                let _ = blocking(move || read(&pressed, &stopped)).await;
            });
        }
        Ok(Self {
            quit,
            resized: signal(SignalKind::window_change())?,
            signals: StopSignals::listen()?,
            stop,
            reader,
        })
    }

    /// Reads no more keys.
    pub(super) async fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while self.reader.next().await.is_some() {}
    }

    /// Waits for what a person does next. Safe to cancel.
    pub(super) async fn next(&mut self) -> Wish {
        let Self { quit, resized, signals, .. } = self;
        let pressed = async {
            if quit.wait_for(|quit| *quit).await.is_err() {
                // Nobody reads keys.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = pressed => Wish::Quit,
            _ = signals.next() => Wish::Quit,
            _ = resized.recv() => Wish::Redraw,
        }
    }
}

/// The terminal gives what there is, or nothing after a tenth of a second: see `Terminal`.
fn read(pressed: &watch::Sender<bool>, stopped: &AtomicBool) {
    let mut byte = [0; 1];
    while !stopped.load(Ordering::Relaxed) {
        match io::stdin().lock().read(&mut byte) {
            Ok(0) => {}
            Ok(_) if matches!(byte, [b'q' | b'Q' | 3]) => {
                pressed.send_replace(true);
                return;
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
