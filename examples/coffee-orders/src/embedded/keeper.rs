use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::bucket::BucketName;
use crate::packet;
use crate::rejects::RejectsFile;
use crate::statistics::Tally;
use crate::store::{self, Store};
use crate::topology::{Closed, FileLine, KeepError, Keeper};

/// Keeps buckets in the embedded store. Counts and places are one commit; what is no order is written to the
/// file of rejects before it, and only once, because places tell which lines are there already.
#[derive(Debug)]
pub struct EmbeddedKeeper {
    dir: PathBuf,
    store: Arc<dyn Store>,
    rejects: Option<RejectsFile>,
    live: broadcast::Sender<Arc<packet::Statistics>>,
}

impl EmbeddedKeeper {
    /// Keeps in `store`, with the file of rejects in `dir`; tells `live` about open buckets.
    pub fn new(
        dir: PathBuf,
        store: Arc<dyn Store>,
        live: broadcast::Sender<Arc<packet::Statistics>>,
    ) -> Self {
        Self { dir, store, rejects: None, live }
    }
}

#[async_trait]
impl Keeper<FileLine> for EmbeddedKeeper {
    async fn open(&mut self) -> Result<(), KeepError> {
        let failed = |error| KeepError::new("cannot open the file of rejects", error);
        let cover =
            self.store.cover().await.map_err(|error| KeepError::new("cannot read the store", error))?;
        self.rejects = Some(RejectsFile::open(&self.dir, &cover).map_err(failed)?);
        Ok(())
    }

    async fn keep(&mut self, closed: &Closed<FileLine>) -> Result<(), KeepError> {
        if let Some(rejects) = self.rejects.as_mut().filter(|_| !closed.rejected.is_empty()) {
            let failed = |error| KeepError::new("cannot write to the file of rejects", error);
            for rejected in &closed.rejected {
                rejects.append(rejected).map_err(failed)?;
            }
            rejects.sync().map_err(failed)?;
        }
        let part = Arc::new(store::Closed {
            bucket: closed.bucket,
            statistics: (*closed.statistics).clone(),
            cover: closed.cover.clone(),
        });
        let failed = |error| KeepError::new("cannot store a bucket", error);
        self.store.commit(&[part]).await.map_err(failed)?;
        if let Some(rejects) = &mut self.rejects {
            rejects.committed(&closed.cover);
        }
        Ok(())
    }

    async fn kept(&mut self, bucket: BucketName) -> Result<Vec<Tally>, KeepError> {
        self.store.stored(bucket).await.map_err(|error| KeepError::new("cannot read the store", error))
    }

    async fn publish(&mut self, packets: Vec<packet::Statistics>) {
        for packet in packets {
            // Nobody looks: fine.
            let _ = self.live.send(Arc::new(packet));
        }
    }
}
