use flowcore::base::{Clock, TaskSet, Token};
use tokio::sync::{mpsc, watch};

use super::driver::Driver;
use crate::link::Dialer;
use crate::{Error, Message, MqttConfig, QoS};

/// The side of a subscriber that components hold. A task of its own has the connection, so that it is kept
/// alive while nobody asks for messages. When it is dropped, the broker keeps what was not acknowledged.
#[derive(Debug)]
pub(crate) struct Subscriber {
    deliveries: mpsc::Receiver<Result<Delivery, Error>>,
    stop: watch::Sender<bool>,
    tasks: TaskSet<()>,
}

/// Messages, and what answers for all of them.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) messages: Vec<Message>,
    pub(crate) token: Token,
}

impl Subscriber {
    /// Connects and subscribes: what is published after this has returned comes.
    pub(crate) async fn open(
        config: &MqttConfig,
        subject: &str,
        filters: &[(String, QoS)],
        batch: usize,
        clock: &Clock,
    ) -> Result<Self, Error> {
        let dialer = Dialer::new(config, subject, clock);
        dialer.check_filters(filters)?;
        let (sender, deliveries) = mpsc::channel(1);
        let (stop, stopping) = watch::channel(false);
        let mut driver = Driver::new(dialer, filters.to_vec(), batch, sender, stopping);
        let connection = driver.subscribed().await?;
        let mut tasks = TaskSet::new();
        tasks.spawn("mqtt subscriber", driver.run(connection));
        Ok(Self { deliveries, stop, tasks })
    }

    /// Waits for messages. Safe to cancel. `None` when it was closed.
    pub(crate) async fn next(&mut self) -> Result<Option<Delivery>, Error> {
        self.deliveries.recv().await.transpose()
    }

    /// Acknowledges what is settled by now, and takes leave of the broker.
    pub(crate) async fn close(mut self) {
        self.stop.send_replace(true);
        // What was not taken is not settled.
        self.deliveries.close();
        while self.tasks.next().await.is_some() {}
    }
}
