//! What is said about keys, lists and values, before any component is looked at.

use flowcore_agent::check::Options;

use crate::said::{GOOD, expect, expect_changed, lines};

#[test]
fn a_good_agent_is_said_nothing_about() {
    expect("", &[]);
}

#[test]
fn a_key_without_an_agent_is_a_warning() {
    expect(
        "sources = r1",
        &[
            "warning no-agent 10:1 `sources` names no agent: an agent's name and a dot come first [a1.sources]",
        ],
    );
    expect(
        ".a1 = x",
        &["warning no-agent 10:1 `.a1` names no agent: an agent's name and a dot come first [a1]"],
    );
    expect("$ load", &["warning no-agent 10:1 `$` names no agent: an agent's name and a dot come first"]);
    expect("a1. = x", &["warning no-property 10:1 nothing follows the agent's name in `a1.`"]);
}

#[test]
fn a_second_word_that_is_no_list_is_an_error_with_the_nearest_one() {
    expect(
        "a1.source.r1.batchSize = 1",
        &[
            "error unknown-word 10:4 `source` is none of sources, sinks, channels, sinkgroups, configfilters [sources]",
        ],
    );
    expect(
        "a1.Sinks.k1.batchSize = 1",
        &[
            "error unknown-word 10:4 `Sinks` is none of sources, sinks, channels, sinkgroups, configfilters [sinks]",
        ],
    );
}

#[test]
fn a_component_without_a_key_is_an_error() {
    expect("a1.sources.r1 = x", &["error no-key 10:1 `a1.sources.r1` names no key of source r1"]);
    expect("a1.sources. = x", &["error no-key 10:1 `a1.sources.` names no source"]);
    expect("a1.sources.r1. = x", &["error no-key 10:1 `a1.sources.r1.` names no key of source r1"]);
}

#[test]
fn an_empty_value_is_a_warning_unless_it_is_needed() {
    expect(
        "a1.sinks.k1.batchSize = ",
        &["warning empty-value 10:1 the empty value of `batchSize` is ignored, the default 100 applies"],
    );
    expect("a1.sinkgroups =", &["warning empty-value 10:1 the empty value of `a1.sinkgroups` is ignored"]);
    expect_changed(
        "r1.type = seq",
        "r1.type = exec\na1.sources.r1.command",
        &["error empty-value 5:1 `command` is empty"],
    );
}

#[test]
fn a_key_that_stands_twice_is_a_warning_and_an_error_when_strict() {
    let text = format!("{GOOD}a1.sinks.k1.type = logger\n");
    assert_eq!(
        lines(&text, Options::default()),
        ["warning duplicate-key 10:1 `a1.sinks.k1.type` is set twice"]
    );
    let strict = Options { strict: true, ..Options::default() };
    assert_eq!(lines(&text, strict), ["error duplicate-key 10:1 `a1.sinks.k1.type` is set twice"]);
}

#[test]
fn what_is_listed_needs_keys_and_what_has_keys_should_be_listed() {
    expect_changed(
        "sources = r1",
        "sources = r1 r2",
        &["error no-keys 1:17 source r2 is listed, but has no keys"],
    );
    expect_changed(
        "a1.sources = r1\n",
        "a1.sources = rl\n",
        &[
            "error no-keys 1:14 source rl is listed, but has no keys [r1]",
            "warning no-source 2:15 no source puts into channel c1, from which sink k1 takes",
            "warning not-listed 4:12 source r1 is declared, but not listed in a1.sources [rl]",
        ],
    );
    expect_changed(
        "sinks = k1",
        "sinks = k1 k1",
        &["warning listed-twice 3:15 sink k1 is listed twice in a1.sinks"],
    );
    expect(
        "a1.sinkgroups.g1.sinks = k1",
        &["warning not-listed 10:15 sink group g1 is declared, but not listed in a1.sinkgroups"],
    );
}

#[test]
fn a_list_with_commas_is_one_odd_name() {
    expect_changed(
        "sinks = k1\n",
        "sinks = k1,k2\na1.sinks.k2.type = null\na1.sinks.k2.channel = c1\n",
        &[
            "warning no-sink 2:15 channel c1 is filled by source r1, and no sink takes from it",
            "error commas 3:12 `k1,k2` is one name: names are separated by blanks [k1 k2]",
        ],
    );
    expect_changed(
        "channels = c1\na1.channels.c1.type",
        "channels = c1,c2\na1.channels.c1.type",
        &["error commas 5:26 the words of `channels` are separated by blanks, not by commas"],
    );
}

#[test]
fn an_agent_needs_a_channel_and_somebody_who_uses_it() {
    let text = "a1.channels = c1\na1.channels.c1.type = memory\na2.sources = r1\n";
    assert_eq!(
        lines(text, Options::default()),
        [
            "error nothing-to-run 1:1 agent a1 has neither a valid source nor a valid sink",
            "warning unused-channel 1:15 channel c1 has neither source nor sink",
            "error nothing-to-run 3:1 agent a2 has no valid channel",
            "error no-keys 3:14 source r1 is listed, but has no keys",
        ]
    );
    let slip = format!("{GOOD}al.sinks.k1.batchSize = 5\n");
    assert_eq!(
        lines(&slip, Options::default()),
        [
            "error nothing-to-run 10:1 agent al has no valid channel [a1]",
            "warning not-listed 10:10 sink k1 is declared, but not listed in al.sinks",
        ]
    );
}
