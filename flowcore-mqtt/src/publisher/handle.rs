use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flowcore::base::{Clock, TaskSet, Token};
use tokio::sync::{mpsc, oneshot};

use super::Job;
use super::driver::Driver;
use crate::link::Dialer;
use crate::{Error, ErrorKind, MqttConfig, Publish};

/// The side of a publisher that components hold. A task of its own has the connection, so that it is kept
/// alive while nothing is published. Everything under way fails when it is dropped.
#[derive(Debug)]
pub(crate) struct Publisher {
    jobs: mpsc::Sender<Vec<Job>>,
    failure: Arc<OnceLock<Error>>,
    gone: Error,
    tasks: TaskSet<()>,
}

impl Publisher {
    /// Connects. `patience` bounds that, and later how long messages wait for a broker that is away.
    pub(crate) async fn open(
        config: &MqttConfig,
        subject: &str,
        clock: &Clock,
        patience: Option<Duration>,
    ) -> Result<Self, Error> {
        let mut dialer = Dialer::new(config, subject, clock);
        let connection = dialer.dial(patience).await?;
        let gone = dialer.error(ErrorKind::Unreachable);
        let (sender, jobs) = mpsc::channel(4);
        let failure = Arc::new(OnceLock::new());
        let driver = Driver::new(dialer, jobs, Arc::clone(&failure), patience);
        let mut tasks = TaskSet::new();
        tasks.spawn("mqtt publisher", driver.run(connection));
        Ok(Self { jobs: sender, failure, gone, tasks })
    }

    /// Hands over what is to be published; waits while too much is under way. Safe to cancel: then nothing is
    /// handed over, and the tokens fail.
    pub(crate) async fn send(&self, jobs: Vec<Job>) -> Result<(), Error> {
        match self.jobs.send(jobs).await {
            Ok(()) => Ok(()),
            // The tokens are dropped with the jobs, and so have failed.
            Err(_) => Err(self.ended()),
        }
    }

    /// Publishes all of it, and waits until the broker has it.
    pub(crate) async fn deliver(&self, publishes: Vec<Publish>) -> Result<(), Error> {
        let (told, outcome) = oneshot::channel();
        // Nobody listens any more when a delivery was interrupted.
        let token = Token::new(move |outcome| drop(told.send(outcome)));
        let jobs = publishes.into_iter().map(|publish| Job { publish, token: token.share() }).collect();
        self.send(jobs).await?;
        token.ack();
        match outcome.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::from_delivery_error(&error).unwrap_or_else(|| self.ended())),
            Err(_) => Err(self.ended()),
        }
    }

    fn ended(&self) -> Error {
        self.failure().unwrap_or_else(|| self.gone.clone())
    }

    /// What ended it.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.failure.get().cloned()
    }

    /// Waits until all is answered, and takes leave of the broker.
    pub(crate) async fn close(mut self) -> Result<(), Error> {
        drop(self.jobs);
        while self.tasks.next().await.is_some() {}
        self.failure.get().cloned().map_or(Ok(()), Err)
    }
}
