//! Sources, channels, sinks and groups together.

use flowcore_agent::check::Options;

use crate::said::{GOOD, expect, expect_changed, lines, with};

#[test]
fn channels_that_are_not_there_are_errors_and_warnings_when_lenient() {
    expect_changed(
        "r1.channels = c1",
        "r1.channels = c1 c2",
        &["error unknown-channel 5:29 there is no channel c2 in a1.channels [c1]"],
    );
    let text = GOOD.replace("r1.channels = c1", "r1.channels = c1 c2");
    let lenient = Options { lenient: true, ..Options::default() };
    assert_eq!(
        lines(&text, lenient),
        ["warning unknown-channel 5:29 there is no channel c2 in a1.channels [c1]"]
    );
    let none = GOOD.replace("r1.channels = c1", "r1.channels = c2");
    assert!(lines(&none, lenient)[1].starts_with("error unknown-channel"), "{:?}", lines(&none, lenient));
    expect_changed(
        "k1.channel = c1",
        "k1.channels = c1",
        &[
            "warning no-sink 2:15 channel c1 is filled by source r1, and no sink takes from it",
            "error no-channel 9:1 sink k1 has no channel",
            "warning unknown-key 9:13 sink k1 (null) has no key `channels` [channel]",
        ],
    );
}

#[test]
fn a_sink_takes_from_one_channel() {
    expect_changed(
        "k1.channel = c1",
        "k1.channel = c1 c1",
        &["error several-channels 9:23 sink k1 takes from one channel"],
    );
}

#[test]
fn a_selector_names_channels_of_its_source() {
    expect(
        "a1.sources.r1.selector.type = multiplexing\na1.sources.r1.selector.mapping.CZ = c1 c2\n\
         a1.sources.r1.selector.mapping.US =\n",
        &[
            "warning no-default 10:31 source r1 has no selector.default: what matches no mapping goes nowhere",
            "error unknown-channel 11:40 c2 is no channel of source r1 [c1]",
            "warning empty-value 12:1 the empty value of `selector.mapping.US` is ignored",
            "error no-channel 12:1 `selector.mapping.US` names no channel",
        ],
    );
    expect(
        "a1.sources.r1.selector.optional = c3",
        &["error unknown-channel 10:35 c3 is no channel of source r1 [c1]"],
    );
}

const GROUPS: &str = "a1.sinks.k2.type = null\na1.sinks.k2.channel = c1\na1.sinkgroups = g1 g2\n";

fn groups(more: &str) -> Vec<String> {
    let good = GOOD.replace("sinks = k1", "sinks = k1 k2");
    lines(&format!("{good}{GROUPS}{more}"), Options::default())
}

#[test]
fn a_sink_is_in_one_group() {
    let more = "a1.sinkgroups.g1.sinks = k1 k2\na1.sinkgroups.g1.processor.type = load_balance\na1.sinkgroups.g2.sinks = k2\n";
    assert_eq!(
        groups(more),
        [
            "error sink-in-two-groups 15:26 sink k2 is in sink group g1 already",
            "error no-sinks 15:26 no sink is left for sink group g2",
        ]
    );
}

#[test]
fn a_group_needs_sinks_that_are_there_and_a_processor_for_them() {
    assert_eq!(
        groups("a1.sinkgroups.g1.sinks = k3\na1.sinkgroups.g2.processor.type = failover\n"),
        [
            "error unknown-sink 13:26 there is no sink k3 in a1.sinks [k1]",
            "error no-sinks 13:26 no sink is left for sink group g1",
            "error no-sinks 14:1 sink group g2 has no sinks",
        ]
    );
    assert_eq!(
        groups(
            "a1.sinkgroups.g1.sinks = k1\na1.sinkgroups.g1.processor.type = load_balance\n\
             a1.sinkgroups.g2.sinks = k2\na1.sinkgroups.g2.processor.sinks = k2\n"
        ),
        [
            "error too-few-sinks 14:35 load_balance of sink group g1 needs more than one sink",
            "error refused 16:18 `processor.sinks` is not accepted",
        ]
    );
    assert_eq!(
        groups(
            "a1.sinkgroups.g1.sinks = k1 k2\na1.sinkgroups.g1.processor.type = failover\n\
             a1.sinkgroups.g1.processor.priority.k1 = 5\na1.sinkgroups.g1.processor.priority.k2 = 5\n\
             a1.sinkgroups.g1.processor.priority.k3 = 1\n"
        )[1..],
        [
            "error equal-priorities 16:42 two sinks of sink group g1 have priority 5",
            "warning unknown-sink 17:37 sink k3 is not in sink group g1",
        ]
    );
}

#[test]
fn a_batch_fits_into_a_transaction() {
    expect(
        "a1.sources.r1.batchSize = 200\n",
        &[
            "error batch-too-large 10:27 source r1: a batch of 200 is more than a transaction of channel c1 may have, 100",
        ],
    );
    expect(
        "a1.channels.c1.transactionCapacity = 50\n",
        &[
            "warning batch-too-large 8:20 sink k1: a batch of 100 (the default) is more than a transaction of channel c1 may have, 50",
        ],
    );
    expect_changed(
        "capacity = 1000",
        "capacity = 50",
        &[
            "warning transaction-follows 7:27 channel c1: transactionCapacity follows the capacity, 50",
            "warning batch-too-large 8:20 sink k1: a batch of 100 (the default) is more than a transaction of channel c1 may have, 50",
        ],
    );
    expect(
        "a1.channels.c1.transactionCapacity = 2000\n",
        &[
            "error nothing-to-run 1:1 agent a1 has no valid channel",
            "error transaction-above-capacity 10:38 channel c1: transactionCapacity 2000 is above the capacity 1000",
        ],
    );
    expect_changed(
        "capacity = 1000",
        "capacity = 150",
        &[
            "warning capacity-near-batch 7:27 channel c1 holds 150 events, hardly more than a batch of sink k1, 100",
        ],
    );
}

#[test]
fn two_sources_do_not_listen_on_one_port() {
    let two = |first: &str, second: &str| {
        let text = GOOD.replace("sources = r1", "sources = r1 r2").replace(
            "r1.type = seq\n",
            &format!("r1.type = netcat\na1.sources.r1.bind = {first}\na1.sources.r1.port = 4000\n"),
        );
        let more = format!(
            "a1.sources.r2.type = syslogtcp\na1.sources.r2.host = {second}\na1.sources.r2.port = 4000\na1.sources.r2.channels = c1\n"
        );
        lines(&(text + &more), Options::default())
    };
    let taken = ["error port-taken 14:22 port 4000 is taken by source r1 already"];
    assert_eq!(two("127.0.0.1", "127.0.0.1"), taken);
    assert_eq!(two("127.0.0.1", "0.0.0.0"), taken);
    assert_eq!(two("127.0.0.1", "127.0.0.2"), [""; 0]);
}

#[test]
fn what_starts_and_disappoints_is_warned_of() {
    expect_changed(
        "k1.type = null",
        "k1.type = http\na1.sinks.k1.endpoint = http://localhost/",
        &["warning never-commits 8:20 sink k1 rolls back after a 200 as well, and sends the event for ever"],
    );
    expect_changed(
        "k1.type = null",
        "k1.type = hdfs\na1.sinks.k1.hdfs.path = /x/%Y/%{host}\na1.sinks.k1.hdfs.rollCount = 0",
        &["warning no-timestamp 9:25 sink k1: events need a header `timestamp` for the escapes of time"],
    );
    expect_changed(
        "k1.type = null",
        "k1.type = hdfs\na1.sinks.k1.hdfs.path = /x/%{Y}/%[IP]/%%\na1.sinks.k1.hdfs.rollCount = 0",
        &[],
    );
}

#[test]
fn hosts_that_the_default_client_does_not_use_are_warned_of() {
    let hosts = |kind: &str, more: &str| {
        let hosts = "hosts = one two\na1.sinks.k1.hosts.one = a:1\na1.sinks.k1.hosts.two = b:2";
        format!("k1.type = {kind}\na1.sinks.k1.{hosts}{more}")
    };
    let unused =
        ["warning unused-hosts 9:25 sink k1 sends to one alone: client.type default uses no other host"];
    expect_changed("k1.type = null", &hosts("avro", ""), &unused);
    expect_changed("k1.type = null", &hosts("avro", "\na1.sinks.k1.client.type = Default"), &unused);
    expect_changed("k1.type = null", &hosts("avro", "\na1.sinks.k1.client.type = default_failover"), &[]);
    expect_changed("k1.type = null", &hosts("thrift", ""), &[]);
}

/// Those with this code, of a good agent with `more` behind it.
fn said(code: &str, more: &str) -> Vec<String> {
    let said = lines(&with(more), Options::default());
    said.into_iter().filter(|line| line.contains(code)).collect()
}

#[test]
fn a_folder_belongs_to_one_channel() {
    const TWO: &str = "a1.channels = c1 c2 c3\na1.channels.c2.type = file\na1.channels.c3.type = file\n";
    for (more, folder) in [
        ("", "~/.flume/file-channel/data"),
        ("a1.channels.c2.dataDirs = /a, /b\na1.channels.c3.dataDirs = /b/\n", "/b"),
        ("a1.channels.c2.dataDirs = /a\na1.channels.c3.checkpointDir = /a\n", "/a"),
    ] {
        let clash = said("same-folder", &format!("{TWO}{more}"));
        assert_eq!(clash.len(), 1, "{clash:?}");
        let end = format!("channel c3: {folder} belongs to channel c2 already");
        assert!(clash[0].starts_with("error ") && clash[0].ends_with(&end), "{clash:?}");
    }
    for more in ["a1.channels.c2.dataDirs = /a\n", "a1.channels = c1 c2\n"] {
        assert_eq!(said("same-folder", &format!("{TWO}{more}")), [] as [&str; 0]);
    }
}

#[test]
fn a_position_file_belongs_to_one_source() {
    const TWO: &str = "a1.sources = r1 r2 r3\na1.sources.r2.type = taildir\na1.sources.r3.type = taildir\n";
    let clash = said("same-file", TWO);
    assert_eq!(clash.len(), 1, "{clash:?}");
    let end = "source r3: ~/.flume/taildir_position.json has the positions of source r2, too";
    assert!(clash[0].starts_with("warning ") && clash[0].ends_with(end), "{clash:?}");
    assert_eq!(said("same-file", &format!("{TWO}a1.sources.r3.positionFile = /b\n")), [] as [&str; 0]);
}
