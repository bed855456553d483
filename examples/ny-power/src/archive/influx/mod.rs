mod address;
mod error;
mod line;
mod query;

use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Backoff, Clock};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Archive, ArchiveError, MOST_POINTS, Point, Refusal, Series};
use crate::http::{HttpAnswer, HttpClient, HttpLimits, HttpRequest};
pub use address::InfluxAddress;
use error::InfluxError;

/// How long a request may take before it is tried again.
const LIMITS: HttpLimits = HttpLimits {
    connect: Duration::from_secs(5),
    head: Duration::from_secs(30),
    body: Duration::from_secs(30),
    body_bytes: 4 * 1024 * 1024,
    // The next one would get the password, and points could be anywhere.
    redirects: 0,
};

/// In how many parts a request is sent again to find the points in it that are refused.
const MOST_SPLITS: u32 = 200;

/// An archive in an InfluxDB of version 1, by line protocol over HTTP. The database is made when it is
/// missing. The measurement `co2_computed` has the tag `units`, `fuel-mix` the tags `type` and `units`,
/// both the field `value`.
///
/// What passes by itself is waited for: a server that is away, too slow, too busy or broken. It is asked
/// again after 100 ms to 5 s, until [`patience`](Self::patience) is over; then the error is retriable.
/// What does not pass is an error at once: a wrong password, something that is no InfluxDB.
///
/// Points that the server refuses, as of another type than it has, are found and named; it keeps all others.
#[derive(Debug)]
pub struct InfluxArchive {
    address: InfluxAddress,
    client: HttpClient,
    clock: Clock,
    patience: Duration,
}

impl InfluxArchive {
    /// The archive at this address, which is first asked when something is stored or read.
    pub fn new(address: InfluxAddress) -> Self {
        let client = HttpClient::new(LIMITS);
        Self { address, client, clock: Clock::system(), patience: Duration::from_secs(30) }
    }

    /// For how long a server that is away is waited for in one request. 30 s by default.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// What one request may take of time and memory.
    #[must_use]
    pub fn limits(self, limits: HttpLimits) -> Self {
        Self { client: HttpClient::new(HttpLimits { redirects: 0, ..limits }), ..self }
    }

    /// Writes points that fit into one request.
    async fn write(&self, points: &[&Point], lines: String) -> Result<Option<Refusal>, ArchiveError> {
        let mut refused = None;
        let mut splits = 0;
        let mut parts = vec![(points, lines)];
        while let Some((part, lines)) = parts.pop() {
            let Some(reason) = self.write_once(lines).await? else { continue };
            if part.len() > 1 && splits < MOST_SPLITS {
                splits += 1;
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first].map(|half| (half, line::lines(half).0)));
            } else if let Some(point) = part.first() {
                let refusal = Refusal { count: part.len(), ..Refusal::of(point, reason) };
                refused = Refusal::join(refused, Some(refusal));
            }
        }
        Ok(refused)
    }

    /// Sends lines, and gives the server's reason if it refused some of them.
    async fn write_once(&self, lines: String) -> Result<Option<String>, ArchiveError> {
        let path = format!("/write?db={}&precision=ms", encoded(self.address.database()));
        let request = self.request(&path, "text/plain; charset=utf-8", lines);
        match self.patiently(&request?).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_bad_request() => Ok(Some(error.to_string())),
            Err(error) => Err(self.failed("write", error)),
        }
    }

    async fn page(
        &self,
        series: &Series,
        bounds: query::Bounds,
    ) -> Result<Vec<(Timestamp, f64)>, ArchiveError> {
        let path = format!("/query?db={}&epoch=ms", encoded(self.address.database()));
        let request = self.query(&path, &query::select(series, bounds))?;
        match self.patiently(&request).await.and_then(|answer| query::page(&answer.body, bounds)) {
            Ok(points) => Ok(points),
            Err(error) if error.is_missing_database() => Ok(Vec::new()),
            Err(error) => Err(self.failed("read", error)),
        }
    }

    /// Sends a request until it is answered with success; makes the database when it is missing.
    async fn patiently(&self, request: &HttpRequest) -> Result<HttpAnswer, InfluxError> {
        let waited = self.clock.stopwatch();
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut created = false;
        loop {
            let error = match self.once(request).await {
                Err(error) if error.is_missing_database() && !created => {
                    created = true;
                    match self.create_database().await {
                        Ok(()) => continue,
                        Err(error) => error,
                    }
                }
                Err(error) => error,
                answered => return answered,
            };
            let delay = backoff.next_delay();
            if !error.is_retriable() || waited.elapsed() + delay > self.patience {
                return Err(error);
            }
            if backoff.attempts() == 1 {
                tracing::warn!(archive = %self.address, %error, "trying again until the archive answers");
            }
            self.clock.sleep(delay).await;
        }
    }

    async fn once(&self, request: &HttpRequest) -> Result<HttpAnswer, InfluxError> {
        let answer = self.client.send(request.clone()).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(InfluxError::status(&answer)) }
    }

    async fn create_database(&self) -> Result<(), InfluxError> {
        let Ok(request) = self.query("/query", &query::create(self.address.database())) else {
            return Ok(());
        };
        query::done(&self.once(&request).await?.body)?;
        tracing::info!(archive = %self.address, "made the database");
        Ok(())
    }

    fn query(&self, path: &str, text: &str) -> Result<HttpRequest, ArchiveError> {
        self.request(path, "application/x-www-form-urlencoded", format!("q={}", encoded(text)))
    }

    fn request(
        &self,
        path: &str,
        content_type: &'static str,
        body: String,
    ) -> Result<HttpRequest, ArchiveError> {
        let wrong = |_| ArchiveError::Address { reason: "the database cannot be asked for" };
        let target = self.address.server().with_path(path).map_err(wrong)?;
        let content_type = HeaderValue::from_static(content_type);
        let request = HttpRequest::post(target, body).header(CONTENT_TYPE, content_type);
        Ok(match self.address.credentials() {
            Some(credentials) => request.header(AUTHORIZATION, credentials.clone()),
            None => request,
        })
    }

    fn failed(&self, action: &'static str, error: InfluxError) -> ArchiveError {
        let (name, retry) = (self.address.to_string(), error.is_retriable());
        ArchiveError::Failed { action, name, retry, source: error.into() }
    }
}

#[async_trait]
impl Archive for InfluxArchive {
    async fn store(&self, points: &[Point]) -> Result<(), ArchiveError> {
        let (good, mut refused) = super::point::sift(points);
        let mut rest = good.as_slice();
        while !rest.is_empty() {
            let (lines, count) = line::lines(rest);
            let (batch, later) = rest.split_at(count);
            refused = Refusal::join(refused, self.write(batch, lines).await?);
            rest = later;
        }
        Refusal::into_result(refused)
    }

    async fn range(
        &self,
        series: &Series,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, ArchiveError> {
        let (mut after, until) = query::bounds(after, until);
        let mut points = Vec::new();
        loop {
            let page = self.page(series, (after, until)).await?;
            let last = page.last().map(|(at, _)| at.as_millisecond());
            let full = page.len() >= query::PAGE;
            points.extend(page);
            if points.len() > MOST_POINTS {
                return Err(ArchiveError::TooMany { name: self.address.to_string(), limit: MOST_POINTS });
            }
            match last {
                Some(last) if full => after = last,
                _ => return Ok(points),
            }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
