use std::sync::Arc;

use crate::event::Event;

/// A header that an interceptor sets, and whether one that is there already is kept.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    pub(super) header: Arc<str>,
    pub(super) preserve_existing: bool,
}

impl Stamp {
    pub(super) fn new(header: impl Into<Arc<str>>, preserve_existing: bool) -> Self {
        Self { header: header.into(), preserve_existing }
    }

    pub(super) fn set(&self, event: &mut Event, value: impl FnOnce() -> Arc<str>) {
        if !(self.preserve_existing && event.headers.get(&self.header).is_some()) {
            event.headers.insert(self.header.clone(), value());
        }
    }
}
