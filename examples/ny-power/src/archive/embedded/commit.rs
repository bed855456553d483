use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use flowcore::base::blocking;
use redb::Database;
use tokio::sync::{Semaphore, oneshot};

use super::tables::{POINTS, name};
use crate::archive::Point;
use crate::archive::error::AnyError;
use crate::archive::point::millis;

/// Puts into one transaction what waits while another one is written: a flush of the disk takes as long for
/// many points as for one.
#[derive(Debug)]
pub(super) struct GroupCommit {
    database: Arc<Database>,
    waiting: Arc<Mutex<VecDeque<Waiting>>>,
    /// One permit: whoever has it writes for all who wait.
    writer: Arc<Semaphore>,
}

#[derive(Debug)]
struct Waiting {
    points: Vec<Point>,
    answer: oneshot::Sender<Outcome>,
}

type Outcome = Result<(), SharedError>;

/// One failed commit is the answer to all who were in it.
#[derive(Debug, Clone)]
struct SharedError(Arc<dyn Error + Send + Sync>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl GroupCommit {
    pub(super) fn new(database: Arc<Database>) -> Self {
        let waiting = Arc::new(Mutex::new(VecDeque::new()));
        Self { database, waiting, writer: Arc::new(Semaphore::new(1)) }
    }

    /// Writes the points, alone or with those of others. As many wait as call, and callers wait here, so
    /// nothing grows. Who is cancelled may or may not have stored; the others are not concerned.
    pub(super) async fn store(&self, points: Vec<Point>) -> Result<(), AnyError> {
        let (answer, mut answered) = oneshot::channel();
        lock(&self.waiting).push_back(Waiting { points, answer });
        let permit = tokio::select! {
            biased;
            outcome = &mut answered => return Ok(outcome??),
            permit = Arc::clone(&self.writer).acquire_owned() => permit?,
        };
        let (database, waiting) = (Arc::clone(&self.database), Arc::clone(&self.waiting));
        // The thread has the permit: a caller who is cancelled takes nothing from the others.
        let written = blocking(move || {
            let _permit = permit;
            let group = std::mem::take(&mut *lock(&waiting));
            let outcome = commit(&database, &group).map_err(|error| SharedError(Arc::from(error)));
            for waiting in group {
                // Who is gone needs no answer.
                let _ = waiting.answer.send(outcome.clone());
            }
        });
        written.await?;
        Ok(answered.await??)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn commit(database: &Database, group: &VecDeque<Waiting>) -> Result<(), AnyError> {
    if group.is_empty() {
        return Ok(());
    }
    let write = database.begin_write()?;
    {
        let mut table = write.open_table(POINTS)?;
        for point in group.iter().flat_map(|waiting| &waiting.points) {
            table.insert((name(&point.series), millis(point.at)), point.value)?;
        }
    }
    Ok(write.commit()?)
}
