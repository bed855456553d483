use std::collections::BTreeSet;
use std::sync::Arc;

use super::change::Unchanged;

/// What an agent is made of, and what is connected to what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wiring {
    pub(super) channels: Vec<Arc<str>>,
    pub(super) sources: Vec<Connected>,
    pub(super) sinks: Vec<Connected>,
}

/// A source or sink and its channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connected {
    pub(super) name: Arc<str>,
    pub(super) channels: Vec<Arc<str>>,
}

/// What stays of a running agent when it becomes another: no more than was said, and nothing whose channel
/// goes. All else of the running one goes first, then all else of the other one comes.
pub(super) fn staying(running: &Wiring, next: &Wiring, unchanged: &Unchanged) -> Unchanged {
    let is_in = |channels: &[Arc<str>], name: &Arc<str>| channels.contains(name);
    let both = |name: &&Arc<str>| is_in(&running.channels, name) && is_in(&next.channels, name);
    let channels: BTreeSet<Arc<str>> = unchanged.channels.iter().filter(both).cloned().collect();
    let of = |before: &[Connected], after: &[Connected], names: &BTreeSet<Arc<str>>| {
        let stays = |part: &&Connected| {
            names.contains(&part.name)
                && after.contains(part)
                && part.channels.iter().all(|channel| channels.contains(channel))
        };
        before.iter().filter(stays).map(|part| part.name.clone()).collect()
    };
    Unchanged {
        sources: of(&running.sources, &next.sources, &unchanged.sources),
        sinks: of(&running.sinks, &next.sinks, &unchanged.sinks),
        channels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(name: &str, channels: &[&str]) -> Connected {
        Connected { name: name.into(), channels: channels.iter().map(|&channel| channel.into()).collect() }
    }

    fn wiring(channels: &[&str], sources: &[Connected], sinks: &[Connected]) -> Wiring {
        let channels = channels.iter().map(|&channel| channel.into()).collect();
        Wiring { channels, sources: sources.to_vec(), sinks: sinks.to_vec() }
    }

    fn all() -> Unchanged {
        Unchanged::new().channel("c1").channel("c2").source("r1").source("r2").sink("k1").sink("k2")
    }

    fn running() -> Wiring {
        let sources = [connected("r1", &["c1"]), connected("r2", &["c1", "c2"])];
        wiring(&["c1", "c2"], &sources, &[connected("k1", &["c1"]), connected("k2", &["c2"])])
    }

    #[test]
    fn what_is_the_same_stays() {
        assert_eq!(staying(&running(), &running(), &all()), all());
        assert_eq!(staying(&running(), &running(), &Unchanged::new()), Unchanged::new());
    }

    #[test]
    fn a_channel_that_goes_takes_its_neighbours_with_it() {
        let mut unchanged = all();
        unchanged.channels.remove("c2");
        let expected = Unchanged::new().channel("c1").source("r1").sink("k1");
        assert_eq!(staying(&running(), &running(), &unchanged), expected);
    }

    #[test]
    fn who_has_other_channels_goes_whatever_was_said() {
        let mut next = running();
        next.sources[1] = connected("r2", &["c1"]);
        next.sinks[0] = connected("k1", &["c2"]);
        let expected = Unchanged::new().channel("c1").channel("c2").source("r1").sink("k2");
        assert_eq!(staying(&running(), &next, &all()), expected);
    }

    #[test]
    fn what_is_not_there_before_or_after_does_not_stay() {
        let next = wiring(&["c1", "c3"], &[connected("r1", &["c1"])], &[connected("k1", &["c1"])]);
        let unchanged = all().channel("c3").source("r3").sink("k3");
        let expected = Unchanged::new().channel("c1").source("r1").sink("k1");
        assert_eq!(staying(&running(), &next, &unchanged), expected);
        assert_eq!(staying(&next, &running(), &unchanged), expected);
    }
}
