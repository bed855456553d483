use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::Timestamp;
use redis::Pipeline;

use super::keys::Keys;
use super::scripts::{self, RESCUE};
use crate::connection::Connection;
use crate::{Error, reply};

/// Decides which consumers are dead: those whose lease is missing at two looks, with enough time between
/// them that somebody who lost the server as we did is back.
#[derive(Debug)]
pub(super) struct Suspects {
    since: BTreeMap<String, Timestamp>,
    next_look: Timestamp,
    between: Duration,
    connects: u64,
}

impl Suspects {
    pub(super) fn new(lease: Duration) -> Self {
        Self { since: BTreeMap::new(), next_look: Timestamp::MIN, between: lease / 2, connects: 0 }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.next_look
    }

    /// Takes what one look has seen and returns who is dead.
    pub(super) fn look(&mut self, now: Timestamp, connects: u64, without_lease: &[String]) -> Vec<String> {
        self.next_look = now + self.between;
        if connects != self.connects {
            self.since.clear();
            self.connects = connects;
        }
        self.since.retain(|name, _| without_lease.contains(name));
        for name in without_lease {
            self.since.entry(name.clone()).or_insert(now);
        }
        let dead = self.since.iter().filter(|(_, since)| now.since(**since) >= self.between);
        dead.map(|(name, _)| name.clone()).collect()
    }
}

/// Consumers of the list other than `own` that have no lease.
pub(super) async fn without_lease(
    connection: &mut Connection,
    key: &str,
    own: &str,
) -> Result<Vec<String>, Error> {
    let keys = Keys::new(key, own);
    let mut pipe = Pipeline::new();
    pipe.cmd("SMEMBERS").arg(&keys.consumers);
    let names = reply::list(connection.run_one(&pipe).await?).unwrap_or_default();
    let names: Vec<String> = names.into_iter().filter_map(reply::text).filter(|name| name != own).collect();
    if names.is_empty() {
        return Ok(names);
    }
    let mut pipe = Pipeline::new();
    for name in &names {
        pipe.cmd("EXISTS").arg(Keys::new(key, name).lease);
    }
    let leases = connection.run(&pipe).await?;
    let missing = names.into_iter().zip(&leases).filter(|(_, lease)| reply::integer(lease) == Some(0));
    Ok(missing.map(|(name, _)| name).collect())
}

/// Puts the entries of `dead` back to the head of the queue, unless it lives after all.
pub(super) async fn take_back(connection: &mut Connection, key: &str, dead: &str) -> Result<(), Error> {
    let pipe = scripts::call(RESCUE, &Keys::new(key, dead), &[dead], &[]);
    let back = reply::integer(&connection.run_one(&pipe).await?).unwrap_or(-1);
    if back >= 0 {
        tracing::warn!(key, consumer = dead, entries = back, "took back the entries of a dead consumer");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_millis(100);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn who_has_no_lease_at_two_looks_is_dead() {
        let mut suspects = Suspects::new(LEASE);
        assert_eq!(suspects.look(at(0), 1, &names(&["a"])), names(&[]));
        assert_eq!(suspects.look(at(49), 1, &names(&["a", "b"])), names(&[]));
        assert_eq!(suspects.look(at(50), 1, &names(&["a", "b"])), names(&["a"]));
    }

    #[test]
    fn who_is_back_between_two_looks_is_alive() {
        let mut suspects = Suspects::new(LEASE);
        suspects.look(at(0), 1, &names(&["a"]));
        suspects.look(at(50), 1, &names(&[]));
        assert_eq!(suspects.look(at(100), 1, &names(&["a"])), names(&[]));
    }

    #[test]
    fn looks_from_before_a_reconnect_do_not_count() {
        let mut suspects = Suspects::new(LEASE);
        suspects.look(at(0), 1, &names(&["a"]));
        assert_eq!(suspects.look(at(60), 2, &names(&["a"])), names(&[]));
        assert_eq!(suspects.look(at(120), 2, &names(&["a"])), names(&["a"]));
    }

    #[test]
    fn a_look_is_due_half_a_lease_after_the_last() {
        let mut suspects = Suspects::new(LEASE);
        assert!(suspects.is_due(at(0)));
        suspects.look(at(0), 1, &[]);
        assert!(!suspects.is_due(at(49)));
        assert!(suspects.is_due(at(50)));
    }
}
