use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::metrics::{Connected, Counter, Counters};
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use flowcore_tls::TlsConnector;

use super::connection::{Connection, NoAnswer};
use super::{HttpSinkConfig, HttpSinkError};

/// The pause after an answer that asks for one, times how many there were in a row.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Posts the body of each event to a URL. Headers of events are not sent.
///
/// What an answer means is said by its status, see [`HttpSinkConfig`]: whether the event was delivered or is sent
/// again, and whether there is a pause before what comes next. Redirections are answers like others. Without an
/// answer the event is sent again after a pause, so it may arrive twice. An event with an empty body is delivered
/// without being sent.
///
/// It is meant for batches of one event: of a larger batch all are sent again when one is.
///
/// The connection is used again as long as the server keeps it.
#[derive(Debug)]
pub struct HttpSink {
    config: Arc<HttpSinkConfig>,
    tls: Option<TlsConnector>,
    connection: Option<(Connection, Connected)>,
    clock: Clock,
    /// Answers in a row that asked for a pause.
    pauses: u32,
    owes_a_pause: bool,
    counts: HttpSinkCounts,
    /// Those of the agent.
    counters: Counters,
}

/// What a sink has done. Clones show the same numbers.
#[derive(Debug, Clone, Default)]
pub struct HttpSinkCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    counted: AtomicU64,
    empty: AtomicU64,
    connections: AtomicU64,
}

impl HttpSinkCounts {
    /// Requests that were begun.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Answers that [`HttpSinkConfig::increment_metrics`] has counted.
    pub fn counted(&self) -> u64 {
        self.0.counted.load(Ordering::Relaxed)
    }

    /// Events with an empty body, which were not sent.
    pub fn empty(&self) -> u64 {
        self.0.empty.load(Ordering::Relaxed)
    }

    /// Connections that were made.
    pub fn connections(&self) -> u64 {
        self.0.connections.load(Ordering::Relaxed)
    }
}

impl HttpSink {
    /// Posts as `config` says.
    pub fn new(config: HttpSinkConfig) -> Self {
        Self {
            config: Arc::new(config),
            tls: None,
            connection: None,
            clock: Clock::system(),
            pauses: 0,
            owes_a_pause: false,
            counts: HttpSinkCounts::default(),
            counters: Counters::new(),
        }
    }

    /// Counts into `counts`, which may be those of the sink before this one.
    #[must_use]
    pub fn with_counts(mut self, counts: &HttpSinkCounts) -> Self {
        self.counts = counts.clone();
        self
    }

    /// What it has done, to be asked at any time.
    pub fn counts(&self) -> HttpSinkCounts {
        self.counts.clone()
    }

    /// The status of the answer.
    async fn post(&mut self, body: &Bytes) -> Result<u16, HttpSinkError> {
        self.counts.0.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(connection) = self.connection.take() {
            match self.post_over(connection, body).await {
                Err(NoAnswer::Unsent) => {}
                Err(NoAnswer::Failed(error)) => return Err(error),
                Ok(status) => return Ok(status),
            }
        }
        let connection = Connection::open(&self.config, self.tls.as_ref()).await.inspect_err(|_| {
            self.counters.add(Counter::ConnectionFailed, 1);
        })?;
        self.counts.0.connections.fetch_add(1, Ordering::Relaxed);
        let connected = self.counters.connected();
        match self.post_over((connection, connected), body).await {
            Ok(status) => Ok(status),
            Err(NoAnswer::Failed(error)) => Err(error),
            Err(NoAnswer::Unsent) => {
                let server = self.config.endpoint.server();
                Err(HttpSinkError::Broken { server, cause: "it was closed at once".into() })
            }
        }
    }

    async fn post_over(
        &mut self,
        (mut connection, connected): (Connection, Connected),
        body: &Bytes,
    ) -> Result<u16, NoAnswer> {
        let answer = connection.post(body.clone(), &self.config).await?;
        self.connection = Some((connection, connected)).filter(|_| answer.is_reusable);
        Ok(answer.status)
    }

    /// Sends an event until an answer says that it is delivered, or that there is a pause.
    async fn deliver_one(&mut self, event: &Event) -> Result<(), HttpSinkError> {
        if event.body.is_empty() {
            self.counts.0.empty.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        loop {
            self.pause().await;
            let status = self.post(&event.body).await?;
            if self.config.increment_metrics.holds(status) {
                self.counts.0.counted.fetch_add(1, Ordering::Relaxed);
                self.counters.add(Counter::EventDrainSuccess, 1);
            }
            match (self.config.rollback.holds(status), self.config.backoff.holds(status)) {
                (true, true) => {
                    return Err(HttpSinkError::Answered { server: self.config.endpoint.server(), status });
                }
                (true, false) => self.pauses = 0,
                (false, backs_off) => {
                    self.owes_a_pause = backs_off;
                    self.pauses = if backs_off { self.pauses + 1 } else { 0 };
                    return Ok(());
                }
            }
        }
    }

    /// What the last answer asked for. The event that waits is not lost when the wait is given up.
    async fn pause(&mut self) {
        if self.owes_a_pause {
            self.clock.sleep(PAUSE.saturating_mul(self.pauses).min(LONGEST_PAUSE)).await;
            self.owes_a_pause = false;
        }
    }
}

#[async_trait]
impl Sink for HttpSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        self.counters = context.counters.clone();
        // The answers say what counts.
        self.counters.own(Counter::EventDrainSuccess);
        if self.config.endpoint.is_tls {
            self.tls = Some(self.config.tls.connector().map_err(SinkError::fatal)?);
        }
        Ok(())
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        for event in events {
            self.deliver_one(event).await?;
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.connection = None;
        Ok(())
    }
}
