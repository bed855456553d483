use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};

use super::query::Question;
use super::server::stopped;
use super::throttle::Throttle;
use super::{Board, BoardError};
use crate::packet::{Dimension, Statistics};

/// The shortest time between two packets of one branch and dimension to one client.
const INTERVAL: Duration = Duration::from_millis(250);
/// After so long without a packet a comment tells the client, and what lies between, that the line is good.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What the next line to a client is.
#[derive(Debug)]
pub(super) enum Live {
    Packet(Arc<Statistics>),
    KeepAlive,
}

/// One client's live packets. It works only when the client has taken the last one: meanwhile the board's
/// bounded channel overwrites its oldest, and the throttle keeps the newest.
pub(super) struct LiveFeed {
    board: Arc<dyn Board>,
    question: Question,
    packets: broadcast::Receiver<Arc<Statistics>>,
    throttle: Throttle,
    watch: Stopwatch,
    clock: Clock,
    stopping: watch::Receiver<bool>,
}

impl LiveFeed {
    /// Subscribes, and reads the current state after that: nothing is missed between the two.
    pub(super) async fn open(
        board: Arc<dyn Board>,
        question: Question,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, BoardError> {
        let packets = board.live();
        let clock = Clock::system();
        let (throttle, watch) = (Throttle::new(INTERVAL), clock.stopwatch());
        let mut feed = Self { board, question, packets, throttle, watch, clock, stopping };
        feed.read_current().await?;
        Ok(feed)
    }

    /// The next line. `None` when the server stops, or the board has ended or cannot be read: the client
    /// comes back and is told.
    pub(super) async fn next(&mut self) -> Option<Live> {
        let clock = self.clock.clone();
        let mut quiet = pin!(clock.sleep(KEEP_ALIVE));
        loop {
            self.catch_up().await?;
            if let Some(packet) = self.throttle.take(self.watch.elapsed()) {
                return Some(Live::Packet(packet));
            }
            let due = self.throttle.due().map(|due| due.saturating_sub(self.watch.elapsed()));
            let mut received = None;
            tokio::select! {
                biased;
                () = stopped(&mut self.stopping) => return None,
                () = wait(&clock, due) => {}
                () = &mut quiet => return Some(Live::KeepAlive),
                packet = self.packets.recv() => received = Some(packet),
            }
            if let Some(packet) = received {
                self.receive(packet).await?;
            }
        }
    }

    /// Takes in all that is there already, so that what is sent next is the newest.
    async fn catch_up(&mut self) -> Option<()> {
        for _ in 0..self.packets.len() {
            match self.packets.try_recv() {
                Ok(packet) => self.offer(packet),
                Err(TryRecvError::Lagged(lost)) => self.receive(Err(RecvError::Lagged(lost))).await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Some(())
    }

    async fn receive(&mut self, packet: Result<Arc<Statistics>, RecvError>) -> Option<()> {
        match packet {
            Ok(packet) => self.offer(packet),
            Err(RecvError::Lagged(_)) => self.read_current().await.ok()?,
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }

    fn offer(&mut self, packet: Arc<Statistics>) {
        let known = self.board.branches().contains(&packet.branch);
        if known && self.question.covers(&packet.branch, packet.dimension) {
            self.throttle.offer(packet);
        }
    }

    /// Offers the bucket that is being filled, of all that was asked for.
    async fn read_current(&mut self) -> Result<(), BoardError> {
        let board = Arc::clone(&self.board);
        for branch in board.branches() {
            for dimension in Dimension::ALL {
                if self.question.covers(branch, dimension) {
                    let current = board.history(branch, dimension, 1).await?;
                    for packet in current {
                        self.throttle.offer(Arc::new(packet));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Waits for that long; for ever without a time.
async fn wait(clock: &Clock, time: Option<Duration>) {
    match time {
        Some(time) => clock.sleep(time).await,
        None => std::future::pending().await,
    }
}
