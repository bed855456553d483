//! Types, keys and values of components.

use flowcore_agent::check::Options;

use crate::said::{expect, expect_changed, lines, with};

#[test]
fn a_type_must_be_there_and_known() {
    expect_changed("a1.sinks.k1.type = null\n", "", &["error no-type 8:1 sink k1 has no type"]);
    expect_changed(
        "a1.sinks.k1.type = null",
        "a1.sinks.k1.type =",
        &["error no-type 8:1 sink k1 has no type"],
    );
    expect_changed(
        "type = null",
        "type = nul",
        &["error unknown-type 8:20 there is no sink of type `nul` [null]"],
    );
}

#[test]
fn numbers_booleans_and_choices_are_checked() {
    expect("a1.sinks.k1.batchSize = ten", &["error not-a-number 10:25 batchSize: `ten` is no whole number"]);
    expect("a1.sinks.k1.batchSize = 0", &["error out-of-range 10:25 batchSize: `0` is out of range"]);
    expect(
        "a1.sinks.k1.batchSize = \"5\"",
        &["error not-a-number 10:25 batchSize: `\"5\"` is no whole number"],
    );
    let exec = "r1.type = exec\na1.sources.r1.command = vmstat 1\na1.sources.r1.restart = ";
    expect_changed(
        "r1.type = seq",
        &format!("{exec}yes"),
        &["error not-a-boolean 6:25 restart: `yes` is neither true nor false"],
    );
    expect_changed("r1.type = seq", &format!("{exec}TRUE"), &[]);
    expect(
        "a1.sources.r1.selector.type = load_balancing\na1.sources.r1.selector.policy = rando",
        &[
            "error unknown-value 11:33 selector.policy: `rando` is none of the values that this key takes [RANDOM]",
        ],
    );
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_one_and_an_error_when_strict() {
    let more = "a1.sinks.k1.bachSize = 5\n";
    expect(more, &["warning unknown-key 10:13 sink k1 (null) has no key `bachSize` [batchSize]"]);
    let strict = Options { strict: true, ..Options::default() };
    assert_eq!(
        lines(&with(more), strict),
        ["error unknown-key 10:13 sink k1 (null) has no key `bachSize` [batchSize]"]
    );
    expect_changed(
        "k1.type = null",
        "k1.type = file_roll\na1.sinks.k1.directory = x\na1.sinks.k1.sink.directory = y",
        &[
            "warning unknown-key 9:13 sink k1 (file_roll) has no key `directory` [sink.directory]",
            "warning missing-folder 10:30 the folder y is not there",
        ],
    );
}

#[test]
fn the_folder_of_a_file_group_is_missed_unless_it_is_a_pattern_too() {
    let tail = "r1.type = taildir\na1.sources.r1.filegroups = g\na1.sources.r1.filegroups.g = /no/such/x.*";
    expect_changed("r1.type = seq", tail, &["warning missing-folder 6:30 the folder /no/such is not there"]);
    expect_changed("r1.type = seq", &format!("{tail}\na1.sources.r1.filegroups.g.glob = true"), &[]);
}

#[test]
fn keys_that_are_needed_are_missed() {
    expect_changed(
        "r1.type = seq",
        "r1.type = exec",
        &["error missing-key 4:1 source r1 (exec) needs `command`"],
    );
    expect_changed(
        "r1.type = seq",
        "r1.type = taildir\na1.sources.r1.filegroups = f1 f2\na1.sources.r1.filegroups.f1 = /var/log/.*",
        &[
            "error missing-key 5:31 source r1 (taildir) needs `filegroups.f2`",
            "warning missing-folder 6:31 the folder /var/log is not there",
        ],
    );
    expect_changed(
        "k1.type = null",
        "k1.type = kafka\na1.sinks.k1.brokerList = localhost:9092",
        &[
            "warning old-name 9:13 `brokerList` is the old name of `kafka.bootstrap.servers` [kafka.bootstrap.servers]",
        ],
    );
}

#[test]
fn what_has_no_effect_or_is_refused_is_said() {
    let avro = "r1.type = avro\na1.sources.r1.bind = 0.0.0.0\na1.sources.r1.port = 41414\na1.sources.r1.";
    expect_changed(
        "r1.type = seq",
        &format!("{avro}threads = 4"),
        &["warning no-effect 7:15 `threads` has no effect"],
    );
    expect_changed(
        "r1.type = seq",
        &format!("{avro}compression-type = gzip"),
        &["error unknown-value 7:34 compression-type: `gzip` is none of the values that this key takes"],
    );
    let thrift = avro.replace("avro", "thrift");
    expect_changed(
        "r1.type = seq",
        &format!("{thrift}kerberos = true"),
        &["error refused 7:15 `kerberos` is not accepted"],
    );
    expect_changed("r1.type = seq", &format!("{thrift}kerberos = false"), &[]);
    expect_changed(
        "k1.type = null",
        "k1.type = hive\na1.sinks.k1.hive.metastore = x\na1.sinks.k1.hive.database = x\na1.sinks.k1.hive.table = x\n\
         a1.sinks.k1.serializer = JSON\na1.sinks.k1.batchSize = 10",
        &["error not-supported 8:20 sink hive is known, but not supported"],
    );
}

#[test]
fn interceptors_and_serializers_are_checked_like_components() {
    expect(
        "a1.sources.r1.interceptors = i1 i2 i3\n\
         a1.sources.r1.interceptors.i1.type = timestmap\n\
         a1.sources.r1.interceptors.i2.type = org.apache.flume.interceptor.HostInterceptor\n\
         a1.sources.r1.interceptors.i2.hostHeaders = x\n\
         a1.sources.r1.interceptors.i4.type = static\n",
        &[
            "error no-keys 10:36 interceptor i3 of source r1 (seq) is listed, but has no keys [i4]",
            "error unknown-type 11:38 there is no interceptor of type `timestmap` [timestamp]",
            "warning builder 12:38 the class is `org.apache.flume.interceptor.HostInterceptor$Builder`",
            "warning unknown-key 13:31 interceptor i2 of source r1 (seq) has no key `hostHeaders` [hostHeader]",
            "warning not-listed 14:1 interceptor i4 is declared, but not listed in `interceptors`",
        ],
    );
    expect(
        "a1.sources.r1.interceptors = i1\n\
         a1.sources.r1.interceptors.i1.type = regex_extractor\n\
         a1.sources.r1.interceptors.i1.regex = (?<=a)(\\\\d+)\\.(\\d)\n\
         a1.sources.r1.interceptors.i1.serializers = s1\n\
         a1.sources.r1.interceptors.i1.serializers.s1.type = default\n",
        &[
            "error bad-regex 12:39 interceptors.i1.regex: `(?<=a)(\\d+).(d)` is an expression that cannot be used: look-behind is not supported",
            "warning dropped-backslash 12:51 a backslash of `interceptors.i1.regex` is dropped",
            "warning dropped-backslash 12:54 a backslash of `interceptors.i1.regex` is dropped",
            "error missing-key 14:1 extractor serializer s1 of interceptor i1 of source r1 (seq) needs `name`",
        ],
    );
}

#[test]
fn types_of_ones_own_are_known_by_their_name() {
    expect_changed("k1.type = null", "k1.type = com.example.Own\na1.sinks.k1.anything = 1", &[]);
    expect_changed(
        "k1.type = null",
        "k1.type = com.example.Other",
        &["error unknown-type 8:20 there is no sink of type `com.example.Other`"],
    );
    expect_changed("k1.type = null", "k1.type = NULL", &[]);
}
