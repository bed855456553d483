use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{DeliveryError, LossKind, Timestamp, Token, TokenSet};
use flowcore::process::{Bolt, BoltError, Emitter, Outputs};

use super::{ArchiverProgress, ArchiverSettings};
use crate::archive::{Archive, ArchiveError, Point, Series, WindowLength};

/// Points that are stored at once.
const BATCH: usize = 1_000;
/// How long a point waits for others.
const LINGER: Duration = Duration::from_millis(20);

/// Stores points in batches, and then gives the window as it is published. It keeps the tokens of a batch until
/// it is stored, and the window answers for them.
pub(super) struct StoreBolt {
    archive: Arc<dyn Archive>,
    length: WindowLength,
    progress: Arc<ArchiverProgress>,
    points: Vec<Point>,
    tokens: TokenSet,
    due: Option<Timestamp>,
    latest: Option<jiff::Timestamp>,
}

impl StoreBolt {
    pub(super) fn new(settings: &ArchiverSettings) -> Self {
        Self {
            archive: Arc::clone(&settings.archive),
            length: settings.window,
            progress: Arc::clone(&settings.progress),
            points: Vec::with_capacity(BATCH),
            tokens: TokenSet::default(),
            due: None,
            latest: settings.progress.window_end(),
        }
    }

    /// An archive that does not take the points now gets them again: they are replayed.
    async fn flush(&mut self, out: &mut Emitter<Vec<u8>>) -> Result<(), BoltError> {
        self.due = None;
        if self.points.is_empty() {
            return Ok(());
        }
        let points = std::mem::take(&mut self.points);
        let tokens = std::mem::take(&mut self.tokens);
        match self.store(&points).await {
            Ok(Some(window)) => out.emit_anchored(window, Token::joint(tokens)),
            Ok(None) => tokens.ack(),
            Err(error) if error.is_retriable() => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(points = points.len(), cause, "points are not kept, and tried again");
                tokens.fail(&DeliveryError::new("store", LossKind::Failed).caused_by(error));
            }
            Err(error) => return Err(BoltError::fatal(error)),
        }
        Ok(())
    }

    /// The window to publish, if an intensity was stored.
    async fn store(&mut self, points: &[Point]) -> Result<Option<Vec<u8>>, ArchiveError> {
        match self.archive.store(points).await {
            Err(ArchiveError::Refused(refusal)) => {
                self.progress.refuse();
                tracing::warn!(%refusal, "a point is not archived");
            }
            stored => stored?,
        }
        let intensities = points.iter().filter(|point| point.series == Series::Intensity);
        let Some(stored) = intensities.map(|point| point.at).max() else {
            self.progress.store(points.len(), None);
            return Ok(None);
        };
        let latest = self.latest.map_or(stored, |latest| latest.max(stored));
        let kept = self.archive.range(&Series::Intensity, self.length.start(latest), latest).await?;
        self.latest = Some(latest);
        self.progress.store(points.len(), Some(latest));
        // Instants and finite numbers: there is nothing that JSON could not say.
        Ok(serde_json::to_vec(&self.length.message(latest, kept)).ok())
    }
}

impl Bolt<Point> for StoreBolt {
    type Out = Emitter<Vec<u8>>;

    async fn execute(&mut self, point: &Point, out: &mut Self::Out) -> Result<(), BoltError> {
        self.points.push(point.clone());
        out.keep_in(&mut self.tokens);
        self.due.get_or_insert(out.now() + LINGER);
        if self.points.len() >= BATCH { self.flush(out).await } else { Ok(()) }
    }

    async fn tick(&mut self, _now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.flush(out).await
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.due
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.flush(out).await
    }
}
