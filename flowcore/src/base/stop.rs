use std::future::Future;

use tokio::sync::watch;

/// Tells some part of a program that it is to stop.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use flowcore::base::Stop;
///
/// let stop = Stop::new();
/// let stopped = stop.stopped();
/// stop.now();
/// stopped.await;
/// # })
/// ```
#[derive(Debug, Default)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Nobody is to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells all who wait, and who will.
    pub fn now(&self) {
        self.0.send_replace(true);
    }

    /// Ends when it is told to, or when nobody is left who could tell.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.0.subscribe();
        async move {
            // An error says that nobody is left.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }
}
