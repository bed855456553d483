use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Timestamp;

/// Addresses that are kept; the oldest goes first.
const MOST: usize = 4096;
/// A name that was found is believed so long.
const FOUND: Duration = Duration::from_mins(10);
/// An address without a name is asked for again after so long.
const MISSING: Duration = Duration::from_mins(1);

/// Names that were found, and addresses that have none.
#[derive(Debug, Default)]
pub(super) struct NameCache {
    names: HashMap<IpAddr, Known>,
    /// In the order in which they came.
    order: VecDeque<IpAddr>,
}

#[derive(Debug)]
struct Known {
    name: Option<Arc<str>>,
    since: Timestamp,
}

impl NameCache {
    /// What is known: nothing; that there is no name; or the name.
    #[expect(clippy::option_option, reason = "not to know and to know of none are two things")]
    pub(super) fn get(&self, address: IpAddr, now: Timestamp) -> Option<Option<Arc<str>>> {
        let known = self.names.get(&address)?;
        let limit = if known.name.is_some() { FOUND } else { MISSING };
        (now.since(known.since) < limit).then(|| known.name.clone())
    }

    pub(super) fn insert(&mut self, address: IpAddr, name: Option<Arc<str>>, now: Timestamp) {
        if self.names.insert(address, Known { name, since: now }).is_none() {
            self.order.push_back(address);
        }
        while self.names.len() > MOST {
            let Some(oldest) = self.order.pop_front() else { return };
            self.names.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn names_are_believed_for_a_while_and_their_absence_for_less() {
        let mut cache = NameCache::default();
        let [named, nameless] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)].map(IpAddr::V4);
        assert_eq!(cache.get(named, at(0)), None);
        cache.insert(named, Some("web1".into()), at(0));
        cache.insert(nameless, None, at(0));
        assert_eq!(cache.get(named, at(599)), Some(Some("web1".into())));
        assert_eq!(cache.get(named, at(600)), None);
        assert_eq!(cache.get(nameless, at(59)), Some(None));
        assert_eq!(cache.get(nameless, at(60)), None);
        cache.insert(named, Some("web2".into()), at(600));
        assert_eq!(cache.get(named, at(601)), Some(Some("web2".into())));
    }

    #[test]
    fn the_oldest_addresses_go_when_there_are_too_many() {
        let mut cache = NameCache::default();
        let address = |number: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap()));
        (0..=MOST).for_each(|number| cache.insert(address(number), None, at(0)));
        assert_eq!((cache.names.len(), cache.order.len()), (MOST, MOST));
        assert_eq!((cache.get(address(0), at(0)), cache.get(address(1), at(0))), (None, Some(None)));
    }
}
