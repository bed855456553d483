use tokio::sync::watch;

/// Says when a component is to stop.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Follows `signal`, which turns true once.
    pub fn new(signal: watch::Receiver<bool>) -> Self {
        Self(signal)
    }

    /// Whether it is time to stop.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is time to stop. Safe to cancel.
    pub async fn wait(&mut self) {
        // An error says that nobody is left who could tell: that is a stop too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
