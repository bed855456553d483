use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowcore::base::{Clock, blocking};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::name_cache::NameCache;

/// Look-ups that the system does at a time.
const AT_A_TIME: usize = 4;
/// Who asks waits so long, also for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The names of addresses, looked up by the system and kept for ten minutes. Clones share what they know.
///
/// ```
/// use flowcore_net::peer::HostNames;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let names = HostNames::new();
/// let name = names.name_of("127.0.0.1".parse().unwrap()).await;
/// // As in Java, an address without a name is its own.
/// assert!(!name.is_empty());
/// # }
/// ```
#[derive(Clone)]
pub struct HostNames(Arc<Inner>);

struct Inner {
    known: Mutex<NameCache>,
    turns: Arc<Semaphore>,
    clock: Clock,
    look_up: fn(IpAddr) -> Option<String>,
}

impl HostNames {
    /// Asks the system. Knows nothing yet.
    pub fn new() -> Self {
        Self::with(|address| dns_lookup::lookup_addr(&address).ok())
    }

    pub(crate) fn with(look_up: fn(IpAddr) -> Option<String>) -> Self {
        let (known, turns) = (Mutex::default(), Arc::new(Semaphore::new(AT_A_TIME)));
        Self(Arc::new(Inner { known, turns, clock: Clock::system(), look_up }))
    }

    /// The name of `address`, or the address as text when it has none or the answer takes longer than five
    /// seconds. Safe to cancel.
    pub async fn name_of(&self, address: IpAddr) -> Arc<str> {
        let address = address.to_canonical();
        if let Some(name) = self.known(address) {
            return name;
        }
        let found = timeout(PATIENCE, self.look_up(address)).await;
        found.ok().flatten().unwrap_or_else(|| text(address))
    }

    /// What is known of `address` already: its name, or the address as text when it has none. Never waits.
    pub(crate) fn known(&self, address: IpAddr) -> Option<Arc<str>> {
        let address = address.to_canonical();
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = known.get(address, self.0.clock.now())?;
        Some(name.unwrap_or_else(|| text(address)))
    }

    /// A system that does not answer keeps its turn until it does: no more than a few threads wait for it.
    async fn look_up(&self, address: IpAddr) -> Option<Arc<str>> {
        let turn = Arc::clone(&self.0.turns).acquire_owned().await.ok()?;
        // Who had the turn before may have asked for the same.
        if let Some(name) = self.known(address) {
            return Some(name);
        }
        let inner = Arc::clone(&self.0);
        let work = move || {
            let name: Option<Arc<str>> =
                (inner.look_up)(address).filter(|name| !name.is_empty()).map(Arc::from);
            let now = inner.clock.now();
            let mut known = inner.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(address, name.clone(), now);
            drop(turn);
            name
        };
        blocking(work).await.ok().flatten()
    }
}

/// The address as text. One of IPv4 that came to a socket of IPv6 is one of IPv4.
fn text(address: IpAddr) -> Arc<str> {
    Arc::from(address.to_canonical().to_string())
}

impl Default for HostNames {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for HostNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostNames")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static ASKED: AtomicUsize = AtomicUsize::new(0);

    #[tokio::test]
    async fn an_address_is_looked_up_once_and_one_without_a_name_is_its_own() {
        let names = HostNames::with(|address| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            address.is_loopback().then(|| "here".to_owned())
        });
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(names.known(address("127.0.0.1")), None);
        for _ in 0..3 {
            assert_eq!(&*names.name_of(address("127.0.0.1")).await, "here");
            assert_eq!(&*names.name_of(address("::ffff:192.0.2.1")).await, "192.0.2.1");
        }
        assert_eq!(names.known(address("192.0.2.1")).as_deref(), Some("192.0.2.1"));
        assert_eq!(ASKED.load(Ordering::Relaxed), 2);
    }

    /// The look-ups hang until the test lets them go.
    static HANGING: Mutex<()> = Mutex::new(());

    #[tokio::test(start_paused = true)]
    #[expect(clippy::await_holding_lock, reason = "only the look-ups wait for it")]
    async fn a_system_that_does_not_answer_is_not_waited_for() {
        let hanging = HANGING.lock().unwrap();
        let names = HostNames::with(|_| {
            drop(HANGING.lock());
            Some("late".to_owned())
        });
        for last in 1..=AT_A_TIME + 2 {
            let address: IpAddr = format!("192.0.2.{last}").parse().unwrap();
            let late = tokio::time::advance(2 * PATIENCE);
            let (name, ()) = tokio::join!(names.name_of(address), late);
            assert_eq!(*name, *address.to_string());
        }
        assert_eq!(names.0.turns.available_permits(), 0);
        drop(hanging);
    }
}
