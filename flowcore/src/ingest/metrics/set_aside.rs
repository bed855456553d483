use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most that are remembered.
const MOST: usize = 10_000;

/// What a component leaves out while the rest of its work goes on, and why: a source's files that cannot be read.
/// Clones are handles on the same list, and it stays when the component is made anew.
///
/// ```
/// use flowcore::ingest::metrics::SetAside;
///
/// let aside = SetAside::default();
/// aside.set("/spool/a", "it cannot be opened");
/// assert_eq!(aside.list(10)[0].to_string(), "/spool/a: it cannot be opened");
/// aside.remove("/spool/a");
/// assert_eq!(aside.count(), 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct SetAside(Arc<Mutex<BTreeMap<Arc<str>, Arc<str>>>>);

/// One thing that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAsideItem {
    /// What it is, as a path.
    pub name: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
}

impl SetAside {
    /// Something is set aside, or for another reason than before. Beyond 10,000 nothing new is remembered.
    pub fn set(&self, name: impl Into<Arc<str>>, reason: impl Into<Arc<str>>) {
        let (mut all, name) = (self.lock(), name.into());
        if all.len() < MOST || all.contains_key(&name) {
            all.insert(name, reason.into());
        }
    }

    /// It is not set aside any more.
    pub fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Nothing is.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The first ones, by their names; at most `most`.
    pub fn list(&self, most: usize) -> Vec<SetAsideItem> {
        let all = self.lock();
        let items = all.iter().take(most);
        items.map(|(name, reason)| SetAsideItem { name: name.clone(), reason: reason.clone() }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for SetAsideItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}
