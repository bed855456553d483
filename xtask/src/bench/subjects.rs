//! What is measured, in the order in which it runs.

/// Something that is measured beside others.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) cases: &'static [Case],
}

/// Ours and its peers, with the same work.
#[derive(Debug)]
pub(crate) struct Case {
    /// What the table calls it, where a subject has several.
    pub(crate) label: &'static str,
    pub(crate) ours: &'static str,
    /// The program that ours is part of.
    pub(crate) built_in: BuiltIn,
    pub(crate) peers: &'static [Peer],
    pub(crate) sizes: Sizes,
}

/// How much work: tuples, lines, or seconds of watching.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) quick: u64,
    pub(crate) full: u64,
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) contestant: &'static str,
    pub(crate) built_in: BuiltIn,
    /// Where it measures in a way of its own. Then only what it reached is compared, not how much it did.
    pub(crate) sizes: Option<Sizes>,
}

/// Which program a contestant is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltIn {
    Benches,
    Peers,
    /// Whole agents, each a process.
    Agents,
    /// A real one, in Java. Only where it is asked for.
    Storm,
    /// The same agents, run by a real Flume. Only where it is asked for.
    Flume,
}

impl BuiltIn {
    /// Those that run only where they are asked for, with their names.
    pub(crate) const GUESTS: [(&'static str, Self); 2] = [("storm", Self::Storm), ("flume", Self::Flume)];

    pub(crate) fn is_guest(self) -> bool {
        Self::GUESTS.iter().any(|guest| guest.1 == self)
    }
}

impl Case {
    /// Its peers, without those that were not asked for.
    pub(crate) fn peers(&self, guests: &[BuiltIn]) -> Vec<&'static Peer> {
        let is_there = |peer: &&Peer| !peer.built_in.is_guest() || guests.contains(&peer.built_in);
        self.peers.iter().filter(is_there).collect()
    }
}

const fn own(name: &'static str, contestant: &'static str) -> Peer {
    Peer { name, contestant, built_in: BuiltIn::Benches, sizes: None }
}

const fn other(name: &'static str, contestant: &'static str) -> Peer {
    Peer { name, contestant, built_in: BuiltIn::Peers, sizes: None }
}

/// Seconds of measuring, after a time in which it gets warm; for latencies tuples a second.
const fn storm(contestant: &'static str, quick: u64, full: u64) -> Peer {
    Peer { name: "storm", contestant, built_in: BuiltIn::Storm, sizes: Some(Sizes { quick, full }) }
}

const fn case(ours: &'static str, peers: &'static [Peer], quick: u64, full: u64) -> Case {
    labelled("", ours, peers, Sizes { quick, full })
}

/// Events in batches, beside writing their bytes once.
const fn channel(label: &'static str, ours: &'static str, quick: u64, full: u64) -> Case {
    const PLAIN_FILE: &[Peer] = &[own("plain file", "file-channel-loop")];
    labelled(label, ours, PLAIN_FILE, Sizes { quick, full })
}

/// Tuples a second, for two seconds.
const fn at_rate(label: &'static str, ours: &'static str, peers: &'static [Peer], rate: u64) -> Case {
    labelled(label, ours, peers, Sizes { quick: rate, full: rate })
}

const fn labelled(label: &'static str, ours: &'static str, peers: &'static [Peer], sizes: Sizes) -> Case {
    Case { label, ours, built_in: BuiltIn::Benches, peers, sizes }
}

/// An agent's configuration, run by us and by a real Flume.
const fn agent(
    label: &'static str,
    ours: &'static str,
    peers: &'static [Peer],
    quick: u64,
    full: u64,
) -> Case {
    Case { label, ours, built_in: BuiltIn::Agents, peers, sizes: Sizes { quick, full } }
}

const fn flume(contestant: &'static str) -> Peer {
    Peer { name: "flume", contestant, built_in: BuiltIn::Flume, sizes: None }
}

/// What the machine does without an agent.
const fn bare(name: &'static str, contestant: &'static str) -> Peer {
    Peer { name, contestant, built_in: BuiltIn::Agents, sizes: None }
}

static SUBJECTS: [Subject; 22] = [
    Subject {
        name: "word-count",
        cases: &[case(
            "words",
            &[
                other("timely", "timely-columnar"),
                other("timely, counting only", "timely-columnar-direct"),
                other("renoir", "renoir-words"),
                own("fused loop", "words-fused"),
                own("two fused loops", "words-fused-twice"),
                own("two fused loops, at spaces", "words-fused-spaces"),
                storm("words", 5, 15),
            ],
            2_000_000,
            8_000_000,
        )],
    },
    Subject {
        name: "word-count-string",
        cases: &[case("words-string", &[other("timely", "timely-words")], 2_000_000, 8_000_000)],
    },
    Subject {
        name: "word-count-file",
        cases: &[case("words-of-file", &[own("fused loop", "words-of-file-loop")], 2_000_000, 8_000_000)],
    },
    Subject {
        name: "words-only",
        cases: &[case("words-only", &[own("fused loop", "words-only-loop")], 2_000_000, 8_000_000)],
    },
    Subject {
        name: "spout",
        cases: &[case("spout", &[own("bare loop", "spout-loop")], 40_000_000, 160_000_000)],
    },
    Subject {
        name: "hop",
        cases: &[case(
            "hop",
            &[other("timely", "timely-hop"), own("tokio channel", "hop-channel"), storm("hop", 5, 15)],
            40_000_000,
            160_000_000,
        )],
    },
    Subject {
        name: "two-hops",
        cases: &[case("chain-2", &[own("tokio channels", "chain-2-channels")], 40_000_000, 160_000_000)],
    },
    Subject {
        name: "slow-bolt",
        cases: &[case("slow-bolt", &[own("bare loop", "slow-bolt-loop")], 500_000, 2_000_000)],
    },
    Subject {
        name: "many-keys",
        cases: &[case("keys-many", &[own("1,000 keys", "keys-few")], 10_000_000, 40_000_000)],
    },
    Subject {
        name: "many-tasks",
        cases: &[case("words-64-tasks", &[own("6 tasks", "words")], 1_984_000, 7_936_000)],
    },
    Subject {
        name: "deep-chain",
        cases: &[case("chain-16", &[own("1 bolt", "chain-1")], 32_000_000, 128_000_000)],
    },
    Subject {
        name: "latency",
        cases: &[
            at_rate("500/s", "latency", &[own("tokio channels", "latency-channels")], 500),
            at_rate(
                "10,000/s",
                "latency",
                &[own("tokio channels", "latency-channels"), storm("latency", 10_000, 10_000)],
                10_000,
            ),
            at_rate(
                "100,000/s",
                "latency",
                &[own("tokio channels", "latency-channels"), storm("latency", 100_000, 100_000)],
                100_000,
            ),
        ],
    },
    Subject {
        name: "event-time",
        cases: &[case(
            "event-time",
            &[own("hash map loop", "event-time-loop"), other("renoir", "renoir-event-time")],
            4_000_000,
            16_000_000,
        )],
    },
    Subject {
        name: "coffee",
        cases: &[case("coffee", &[own("only parsing", "coffee-parse")], 500_000, 2_000_000)],
    },
    // Months.
    Subject {
        name: "ny-power",
        cases: &[case("ny-power", &[own("bare csv loop", "ny-power-csv")], 30, 120)],
    },
    Subject { name: "tail", cases: &[case("tail", &[own("bare loop", "tail-loop")], 1_000_000, 3_000_000)] },
    Subject {
        name: "file-channel",
        cases: &[
            channel("batches of 100", "file-channel-100", 500_000, 2_000_000),
            channel("batches of 1,000", "file-channel-1000", 1_000_000, 5_000_000),
            channel("batches of 10,000", "file-channel-10000", 1_000_000, 5_000_000),
            channel("after tail", "file-channel-tail", 1_000_000, 3_000_000),
        ],
    },
    Subject {
        name: "redis-list",
        cases: &[case("redis-list", &[own("plain commands", "redis-plain")], 50_000, 200_000)],
    },
    Subject { name: "mqtt", cases: &[case("mqtt", &[own("bare loops", "mqtt-bare")], 100_000, 400_000)] },
    Subject {
        name: "agent",
        cases: &[
            agent("taildir", "taildir-null", &[flume("flume-taildir-null")], 2_000_000, 5_000_000),
            agent("taildir to files", "taildir-roll", &[flume("flume-taildir-roll")], 2_000_000, 5_000_000),
            agent("to files", "taildir-roll-rate", &[bare("cat", "cat")], 2_000_000, 5_000_000),
            agent("exec", "exec-null", &[flume("flume-exec-null")], 2_000_000, 5_000_000),
            agent("spooldir", "spooldir-null", &[flume("flume-spooldir-null")], 500_000, 2_000_000),
            agent("seq", "seq-null", &[flume("flume-seq-null")], 5_000_000, 20_000_000),
            agent("stress", "stress-null", &[flume("flume-stress-null")], 5_000_000, 20_000_000),
            agent("avro", "avro", &[flume("flume-avro")], 500_000, 2_000_000),
            agent("avro client", "avro-client", &[flume("flume-avro-client")], 500_000, 2_000_000),
            agent("start", "start", &[flume("flume-start")], 2, 4),
        ],
    },
    Subject {
        name: "agent-file-channel",
        cases: &[
            agent("batches of 100", "file-100", &[flume("flume-file-100")], 100_000, 500_000),
            agent("batches of 1,000", "file-1000", &[flume("flume-file-1000")], 100_000, 500_000),
            agent("batches of 10,000", "file-10000", &[flume("flume-file-10000")], 100_000, 500_000),
            agent(
                "beside a file",
                "file-10000-rate",
                &[bare("plain file", "plain-file")],
                2_000_000,
                5_000_000,
            ),
            agent("after a kill", "recovery", &[flume("flume-recovery")], 200_000, 1_000_000),
        ],
    },
    Subject { name: "idle", cases: &[case("idle", &[], 5, 10)] },
];

/// The subjects of these names, all if there are none, in our order.
///
/// # Errors
/// The first name that is none.
pub(crate) fn select(names: &[String]) -> Result<Vec<&'static Subject>, String> {
    let is_known = |name: &String| SUBJECTS.iter().any(|subject| subject.name == name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        return Err(unknown.clone());
    }
    let is_wanted = |subject: &&Subject| names.is_empty() || names.iter().any(|name| name == subject.name);
    Ok(SUBJECTS.iter().filter(is_wanted).collect())
}

/// All names, for who does not know them.
pub(crate) fn names() -> Vec<&'static str> {
    SUBJECTS.iter().map(|subject| subject.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(names: &[&str]) -> Result<Vec<&'static str>, String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Ok(select(&names)?.iter().map(|subject| subject.name).collect())
    }

    #[test]
    fn without_names_all_subjects_run_in_their_order() {
        assert_eq!(selected(&[]), Ok(names()));
    }

    #[test]
    fn named_subjects_run_once_and_in_our_order() {
        assert_eq!(selected(&["idle", "hop", "idle"]), Ok(vec!["hop", "idle"]));
    }

    #[test]
    fn a_name_that_is_none_is_given_back() {
        assert_eq!(selected(&["hop", "hopp"]), Err("hopp".to_owned()));
    }

    #[test]
    fn no_two_subjects_or_peers_of_a_case_have_one_name() {
        let mut all = names();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), SUBJECTS.len());
        for case in SUBJECTS.iter().flat_map(|subject| subject.cases) {
            let mut peers: Vec<_> = case.peers.iter().map(|peer| peer.name).collect();
            peers.sort_unstable();
            peers.dedup();
            assert_eq!(peers.len(), case.peers.len(), "{case:?}");
        }
    }
}
