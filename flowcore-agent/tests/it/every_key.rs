//! Every key of every component that runs has a test of what it does, or stands in the list of those that are
//! read and validated only.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use flowcore_agent::check::Surroundings;
use flowcore_agent::keys::{Key, Ours, Section, all};
use flowcore_agent::registry::Registry;

use crate::local;

const ROWS: &str = "network_keys::each_key_does_what_it_says";
const TAIL: &str = "taildir::every_key_does_what_it_says";
const SPOOL: &str = "spooldir::every_key_does_what_it_says";
const STORED: &str = "channel_keys::each_key_does_what_it_says";
const AVRO: &str = "network::an_avro_sink_sends_to_an_avro_source";
const THRIFT: &str = "thrift::a_thrift_sink_sends_to_a_thrift_source";
const THRIFT_TLS: &str = "thrift::a_thrift_sink_sends_by_tls_to_those_it_trusts";
const AVRO_TLS: &str = "tls::an_avro_sink_trusts_each_kind_of_store_and_nobody_else";
const SUITES: &str = "tls::each_key_of_versions_suites_and_clients_does_what_it_says";
const MORE_TLS: &str = "tls::multiport_syslog_and_http_speak_tls_too";
const HOSTS: &str = "network_keys::each_client_type_uses_the_hosts_in_its_way";

/// Kind, type and keys, and the test that shows them, with its module. Those of exec, seq, stress, null, logger and
/// `file_roll` stand beside their tests.
#[rustfmt::skip]
const SHOWN: &[(&str, &str)] = &[
    ("source avro bind port compression-type", AVRO),
    ("source avro ipFilter ipFilterRules", "network_keys::an_avro_source_lets_in_whom_its_rules_allow"),
    ("source avro ssl keystore keystore-password keystore-type", AVRO_TLS),
    ("source thrift bind port protocol", THRIFT),
    ("source thrift ssl keystore keystore-password keystore-type", THRIFT_TLS),
    ("source netcat bind port", "network::lines_over_netcat_are_answered_and_in_the_files"),
    ("source netcat max-line-length ack-every-event encoding max-connections", ROWS),
    ("source netcatudp bind port remoteAddress", ROWS),
    ("source http bind port handler handler.mandatoryParameters", "network::what_is_posted_is_in_the_files_in_both_forms"),
    ("source http HttpConfiguration.requestHeaderSize max-body-bytes", "network_keys::each_limit_of_http_holds"),
    ("source http ServerConnector.idleTimeout", "network_keys::a_silent_http_connection_is_ended"),
    ("source http ssl keystore keystore-password exclude-protocols", MORE_TLS),
    ("source multiport_syslogtcp ssl keystore keystore-password keystore-type", MORE_TLS),
    ("source syslogtcp host port eventSize keepFields clientIPHeader clientHostnameHeader timezone framing", ROWS),
    ("source syslogtcp format.regex format.search format.replace format.dateFormat", ROWS),
    ("source syslogtcp ssl keystore keystore-password keystore-type", "tls::syslog_over_tls_comes_from_each_kind_of_key_store"),
    ("source syslogtcp exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites", SUITES),
    ("source syslogtcp client-auth truststore truststore-password", SUITES),
    ("source syslogudp host port eventSize keepFields clientIPHeader clientHostnameHeader timezone", ROWS),
    ("source syslogudp format.regex format.search format.replace format.dateFormat", ROWS),
    ("source multiport_syslogtcp host ports eventSize keepFields clientIPHeader clientHostnameHeader portHeader", ROWS),
    ("source multiport_syslogtcp timezone charset.default batchSize readBufferBytes", ROWS),
    ("source multiport_syslogtcp charset.port.<p>", "network_keys::a_port_has_its_charset"),
    ("source taildir filegroups filegroups.<g> filegroups.<g>.glob positionFile skipToEnd idleTimeout", TAIL),
    ("source taildir writePosInterval batchSize maxBatchCount cachePatternMatching fingerprint renamed", TAIL),
    ("source taildir headers.<g>.<k> byteOffsetHeader fileHeader fileHeaderKey", "taildir::headers_of_the_group_the_file_and_the_offset_are_there_and_no_others"),
    ("source spooldir spoolDir fileSuffix deletePolicy includePattern ignorePattern trackerDir", SPOOL),
    ("source spooldir trackingPolicy consumeOrder recursiveDirectorySearch batchSize inputCharset", SPOOL),
    ("source spooldir decodeErrorPolicy deserializer", SPOOL),
    ("source spooldir fileHeader basenameHeader basenameHeaderKey", "spooldir::headers_name_the_file"),
    ("channel file dataDirs checkpointDir useDualCheckpoints backupCheckpointDir checkpointOnClose maxFileSize", STORED),
    ("channel file encryption.activeKey encryption.keyProvider encryption.keyProvider.keys", STORED),
    ("channel file encryption.keyProvider.keys.<k>.file", STORED),
    ("channel spillablememory memoryCapacity overflowCapacity dataDirs", "channel_keys::a_spillable_channel_without_memory_is_on_disk_and_without_anything_it_is_refused"),
    ("sink avro hostname port compression-type", AVRO),
    ("sink avro hosts hosts.<alias> client.type host-selector batch-size", HOSTS),
    ("sink avro ssl truststore truststore-password trust-all-certs", AVRO_TLS),
    ("sink thrift hosts hosts.<alias> hostname port", THRIFT),
    ("sink thrift batch-size protocol", "thrift::the_sizes_and_the_protocol_of_calls_are_those_of_the_keys"),
    ("sink thrift connect-timeout request-timeout", "thrift::a_server_has_the_time_of_the_keys"),
    ("sink thrift reset-connection-interval", "thrift::connections_are_made_anew_after_the_interval_of_either_name"),
    ("sink thrift ssl truststore truststore-password", THRIFT_TLS),
];

/// Keys that are read and validated here, and no more: that an agent does what they say is not shown, though what
/// they are given to may have tests of its own.
#[rustfmt::skip]
const ONLY_READ: &[&str] = &[
    "source avro compression-tls-order",
    "source avro exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password",
    "source thrift exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password",
    "source http keystore-type include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password",
    "source multiport_syslogtcp exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password",
    "source spooldir fileHeaderKey pollDelay maxBackoff",
    "source taildir backoffSleepIncrement maxBackoffSleep",
    "source seq backoffSleepIncrement maxBackoffSleep",
    "source stress backoffSleepIncrement maxBackoffSleep",
    "channel memory capacity transactionCapacity keep-alive byteCapacityBufferPercentage byteCapacity",
    "channel pseudotxnmemory capacity keep-alive",
    "channel file capacity keep-alive transactionCapacity checkpointInterval minimumRequiredSpace fsyncPerTransaction fsyncInterval strictRecovery",
    "channel file encryption.cipherProvider encryption.keyProvider.keyStoreFile encryption.keyProvider.keyStorePasswordFile encryption.keyProvider.keys.<k>.passwordFile",
    "channel spillablememory overflowTimeout overflowDeactivationThreshold avgEventSize byteCapacityBufferPercentage byteCapacity",
    "channel spillablememory checkpointDir useDualCheckpoints backupCheckpointDir transactionCapacity checkpointInterval checkpointOnClose",
    "channel spillablememory maxFileSize minimumRequiredSpace fsyncPerTransaction fsyncInterval strictRecovery",
    "channel spillablememory encryption.activeKey encryption.cipherProvider encryption.keyProvider encryption.keyProvider.keyStoreFile encryption.keyProvider.keyStorePasswordFile",
    "channel spillablememory encryption.keyProvider.keys encryption.keyProvider.keys.<k>.file encryption.keyProvider.keys.<k>.passwordFile",
    "sink avro connect-timeout request-timeout reset-connection-interval max-attempts backoff maxBackoff compression-level compression-tls-order",
    "sink avro truststore-type exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites verify-hostname",
    "sink thrift max-attempts maxConnections client.type",
    "sink thrift truststore-type exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites verify-hostname",
    "sink http endpoint connectTimeout requestTimeout contentTypeHeader acceptHeader",
    "sink http defaultBackoff defaultRollback defaultIncrementMetrics backoff.<CODE> rollback.<CODE> incrementMetrics.<CODE>",
];

fn split(row: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = row.split(' ').collect();
    let of = [words[0], " ", words[1], " "].concat();
    let keys: Vec<String> = words[2..].iter().map(|key| of.clone() + key).collect();
    keys.into_iter()
}

/// What has an effect of its own; the rest is shown by what a check says of it.
fn has_effect(key: &Key) -> bool {
    matches!(key.ours, Ours::Same | Ours::New)
}

/// `kind type key` of all that runs.
fn keys() -> BTreeSet<String> {
    let registry = Registry::builtin();
    let kinds = [(Section::Source, "source"), (Section::Channel, "channel"), (Section::Sink, "sink")];
    let of = |(section, kind): (Section, &str)| {
        let runs = all(section).filter(|component| registry.runs(component));
        let keys = runs.flat_map(|component| {
            let keys = component.keys.iter().copied().flatten().filter(|key| has_effect(key));
            keys.map(move |key| [kind, component.name, key.name].join(" ")).collect::<Vec<_>>()
        });
        keys.collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of).collect()
}

fn shown() -> BTreeSet<String> {
    SHOWN.iter().chain(local::SHOWN).flat_map(|(row, _)| split(row)).collect()
}

#[test]
fn no_key_of_a_component_that_runs_is_forgotten() {
    let (keys, shown) = (keys(), shown());
    assert!(keys.len() > 150, "{} keys", keys.len());
    let only_read: BTreeSet<String> = ONLY_READ.iter().flat_map(|row| split(row)).collect();
    let missing: Vec<&String> =
        keys.iter().filter(|key| !shown.contains(*key) && !only_read.contains(*key)).collect();
    assert!(missing.is_empty(), "neither shown nor said to be only read: {missing:#?}");
    let both: Vec<&String> = only_read.intersection(&shown).collect();
    assert!(both.is_empty(), "shown by a test after all: {both:#?}");
    let unknown: Vec<&String> = only_read.difference(&keys).collect();
    assert!(unknown.is_empty(), "no such keys: {unknown:#?}");
}

#[test]
fn the_tests_that_are_named_are_there_and_name_the_keys() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is"));
    for (row, test) in SHOWN {
        let (module, function) = test.split_once("::").unwrap();
        let text = fs::read_to_string(root.join("tests/it").join(module).with_extension("rs")).unwrap();
        assert!(text.contains(&format!("fn {function}()")), "{row}: {test}");
        let stores = fs::read_to_string(root.join("tests/it/tls.rs")).unwrap();
        let text = if text.contains("use crate::tls") { text + &stores } else { text };
        for key in split(row) {
            let name = key.rsplit(' ').next().unwrap().split('<').next().unwrap();
            assert!(text.contains(name), "{key} is not in {module}");
        }
    }
}
