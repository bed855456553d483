//! What stays when one configuration follows another: random pairs of agents, written with care and without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flowcore_agent::check::Options;
use flowcore_agent::check_files;
use flowcore_agent::reload::{Meaning, difference};

use crate::said::Bare;

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}

/// Keys of components by name, by their word in the file.
#[derive(Debug, Clone, Default, PartialEq)]
struct Agent {
    channels: BTreeMap<String, Vec<(String, String)>>,
    sources: BTreeMap<String, Vec<(String, String)>>,
    sinks: BTreeMap<String, Vec<(String, String)>>,
    /// The group `g1`, if there is one, of two sinks.
    group: Option<[String; 2]>,
}

fn pairs(pairs: &[(&str, String)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

fn random_agent(random: &mut Random) -> Agent {
    let mut agent = Agent::default();
    for at in 1..=2 {
        let capacity = (1000 + random.below(2) * 500).to_string();
        agent.channels.insert(format!("c{at}"), pairs(&[("type", "memory".into()), ("capacity", capacity)]));
    }
    for at in 1..=3 {
        if random.below(4) == 0 {
            continue;
        }
        let batch = (10 + random.below(2)).to_string();
        let channels = ["c1", "c2", "c1 c2"][random.below(3)].to_owned();
        let mut keys = pairs(&[("type", "seq".into()), ("batchSize", batch), ("channels", channels.clone())]);
        if channels == "c1 c2" && random.below(2) == 0 {
            keys.extend(pairs(&[("selector.type", "multiplexing".into()), ("selector.header", "h".into())]));
            keys.extend(pairs(&[("selector.mapping.x", "c1".into()), ("selector.default", "c2".into())]));
        }
        agent.sources.insert(format!("r{at}"), keys);
    }
    for at in 1..=3 {
        let (batch, channel) = (10 + random.below(2), 1 + random.below(2));
        let keys =
            [("type", "null".into()), ("batchSize", batch.to_string()), ("channel", format!("c{channel}"))];
        agent.sinks.insert(format!("k{at}"), pairs(&keys));
    }
    if random.below(2) == 0 {
        let first = 1 + random.below(2);
        agent.group = Some([format!("k{first}"), format!("k{}", first + 1)]);
    }
    agent
}

/// The lines in any order, with blanks, comments, defaults and class names where they change nothing.
fn text(agent: &Agent, random: &mut Random) -> String {
    let mut lines = Vec::new();
    for (word, parts) in [("channels", &agent.channels), ("sources", &agent.sources), ("sinks", &agent.sinks)]
    {
        let names: Vec<&str> = parts.keys().map(String::as_str).collect();
        lines.push(format!("a1.{word} = {}", names.join(" ")));
        for (name, keys) in parts {
            for (key, value) in keys {
                let class = match (value.as_str(), random.below(2)) {
                    ("null", 0) => "org.apache.flume.sink.NullSink",
                    ("seq", 0) => "SEQ",
                    ("c1 c2", 0) => "c1    c2",
                    (value, _) => value,
                };
                lines.push(format!("a1.{word}.{name}.{key} = {class}"));
            }
            if word == "channels" && random.below(2) == 0 {
                lines.push(format!("a1.{word}.{name}.keep-alive = 3"));
            }
            if random.below(3) == 0 {
                lines.push(format!("a1.{word}.{name}.noSuchKey = {}", random.below(100)));
            }
        }
    }
    if let Some([first, second]) = &agent.group {
        lines.push("a1.sinkgroups = g1".to_owned());
        lines.push(format!("a1.sinkgroups.g1.sinks = {first} {second}"));
        lines.push("a1.sinkgroups.g1.processor.type = load_balance".to_owned());
    }
    for at in (1..lines.len()).rev() {
        lines.swap(at, random.below(at + 1));
    }
    lines.join("\n# a comment\n")
}

fn meaning(agent: &Agent, random: &mut Random) -> Meaning {
    let text = text(agent, random);
    let checked = check_files([("test.conf", text.as_bytes())], Options::default(), &Bare).unwrap();
    Meaning::of(&checked, "a1").unwrap()
}

type Parts = BTreeMap<String, Vec<(String, String)>>;

fn same(before: &Parts, after: &Parts) -> BTreeSet<Arc<str>> {
    after
        .iter()
        .filter(|(name, keys)| before.get(*name) == Some(keys))
        .map(|(name, _)| name.as_str().into())
        .collect()
}

#[test]
fn what_is_meant_alike_stays_however_it_is_written_and_nothing_else() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let (before, after) = (random_agent(&mut random), random_agent(&mut random));
        assert_eq!(meaning(&before, &mut random), meaning(&before, &mut random), "seed {seed}");
        let (old, new) = (meaning(&before, &mut random), meaning(&after, &mut random));
        assert_eq!(old == new, before == after, "seed {seed}");
        let unchanged = difference(&old, &new);
        assert_eq!(unchanged.channels, same(&before.channels, &after.channels), "seed {seed}");
        assert_eq!(unchanged.sources, same(&before.sources, &after.sources), "seed {seed}");
        let mut sinks = same(&before.sinks, &after.sinks);
        let in_a_group =
            |agent: &Agent, name: &str| agent.group.iter().flatten().any(|member| member == name);
        let group_stays = after.group.is_some()
            && before.group == after.group
            && after.group.iter().flatten().all(|name| sinks.contains(name.as_str()));
        sinks.retain(|name| match (in_a_group(&before, name), in_a_group(&after, name)) {
            (false, false) => true,
            (true, true) => group_stays,
            _ => false,
        });
        if group_stays {
            sinks.insert("g1".into());
        }
        assert_eq!(unchanged.sinks, sinks, "seed {seed}");
    }
}
