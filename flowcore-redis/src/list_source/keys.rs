/// The names of everything that one consumer of a list touches.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) queue: String,
    pub(super) pending: String,
    pub(super) lease: String,
    pub(super) owner: String,
    pub(super) taken: String,
    pub(super) commit: String,
    pub(super) consumers: String,
}

impl Keys {
    pub(super) fn new(key: &str, consumer: &str) -> Self {
        Self {
            queue: key.to_owned(),
            pending: format!("{key}:pending:{consumer}"),
            lease: format!("{key}:lease:{consumer}"),
            owner: format!("{key}:owner:{consumer}"),
            taken: format!("{key}:taken:{consumer}"),
            commit: format!("{key}:commit:{consumer}"),
            consumers: format!("{key}:consumers"),
        }
    }

    /// In the order in which every script numbers them.
    pub(super) fn all(&self) -> [&str; 7] {
        [&self.queue, &self.pending, &self.lease, &self.owner, &self.taken, &self.commit, &self.consumers]
    }
}
