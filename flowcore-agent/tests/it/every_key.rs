//! Every key of every component and every part that runs has a test of what it does.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use flowcore_agent::check::Surroundings;
use flowcore_agent::keys::{Key, Ours, Section, all};
use flowcore_agent::registry::Registry;

use crate::{interceptors, local};

const ROWS: &str = "network_keys::each_key_does_what_it_says";
const TAIL: &str = "taildir::every_key_does_what_it_says";
const SPOOL: &str = "spooldir::every_key_does_what_it_says";
const STORED: &str = "channel_keys::each_key_does_what_it_says";
const LIMITS: &str = "channel_limits::capacity_transactions_and_patience_are_those_of_the_keys";
const SLOTS: &str = "channel_limits::bodies_have_the_bytes_of_the_keys_in_whole_slots";
const NO_SPACE: &str =
    "channel_limits::a_disk_without_the_required_space_takes_no_puts_and_gives_what_it_has";
const STRICT: &str = "channel_life::strict_recovery_refuses_what_is_damaged_and_else_the_rest_is_delivered_and_the_loss_counted";
const SYNC: &str = "../../src/registry/builtin/channels/file::what_is_synced_when_is_as_the_keys_say";
const AVRO: &str = "network::an_avro_sink_sends_to_an_avro_source";
const THRIFT: &str = "thrift::a_thrift_sink_sends_to_a_thrift_source";
const THRIFT_TLS: &str = "thrift::a_thrift_sink_sends_by_tls_to_those_it_trusts";
const AVRO_TLS: &str = "tls::an_avro_sink_trusts_each_kind_of_store_and_nobody_else";
const SERVED: &str = "tls_keys::each_key_of_a_server_does_what_it_says";
const KEY_STORES: &str = "tls_keys::a_key_store_of_each_type_serves_and_one_of_pem_needs_no_password";
const CLIENT: &str = "tls_keys::each_key_of_a_client_does_what_it_says";
const TRUST_STORES: &str = "tls_keys::a_trust_store_of_each_type_is_read_and_none_of_pem_needs_a_password";
const NAME: &str = "tls_keys::the_name_of_a_server_must_be_in_its_certificate_unless_it_is_not_looked_at";
const ORDER: &str = "rpc_keys::compression_lies_outside_or_inside_of_tls";
const POST: &str = "http_sink_keys::a_request_is_what_the_keys_say";
const POST_TIME: &str = "http_sink_keys::a_server_has_the_time_of_the_keys";
const POST_AGAIN: &str = "http_sink_keys::what_rolls_back_is_sent_again";
const POST_LATER: &str = "http_sink_keys::what_backs_off_is_a_failure_of_the_sink";
const POST_COUNTS: &str = "http_sink_keys::answers_count_as_successes_where_the_keys_say_so";
const CHOICE: &str =
    "routing::a_multiplexing_selector_looks_at_its_header_mappings_default_and_optional_channels";
const SERIALIZED: &str = "local::file_roll_writes_as_its_serializer_says";
const INTERCEPTED: &str = "interceptors::every_key_of_every_interceptor_does_what_it_says";
const HOSTS: &str = "network_keys::each_client_type_uses_the_hosts_in_its_way";

/// Kind, type and keys, and the test that shows them, with its module. Those of exec, seq, stress, null, logger and
/// `file_roll` stand beside their tests.
#[rustfmt::skip]
const SHOWN: &[(&str, &str)] = &[
    ("source avro bind port compression-type", AVRO),
    ("source avro ipFilter ipFilterRules", "network_keys::an_avro_source_lets_in_whom_its_rules_allow"),
    ("source avro compression-tls-order", ORDER),
    ("source avro exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password", SERVED),
    ("source avro ssl keystore keystore-password keystore-type", AVRO_TLS),
    ("source thrift bind port protocol", THRIFT),
    ("source thrift ssl keystore keystore-password keystore-type", KEY_STORES),
    ("source thrift exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password", SERVED),
    ("source netcat bind port", "network::lines_over_netcat_are_answered_and_in_the_files"),
    ("source netcat max-line-length ack-every-event encoding", ROWS),
    ("source netcat max-connections", "source_counts::one_more_connection_waits_for_one_that_ends"),
    ("source netcatudp bind port remoteAddress", ROWS),
    ("source http bind port handler", "network::what_is_posted_is_in_the_files_in_both_forms"),
    ("source http HttpConfiguration.requestHeaderSize max-body-bytes", "network_keys::each_limit_of_http_holds"),
    ("source http ServerConnector.idleTimeout", "network_keys::a_silent_http_connection_is_ended"),
    ("source http ssl keystore keystore-password keystore-type", KEY_STORES),
    ("source http exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password", SERVED),
    ("source multiport_syslogtcp ssl keystore keystore-password keystore-type", KEY_STORES),
    ("source multiport_syslogtcp exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password", SERVED),
    ("source syslogtcp host port eventSize keepFields clientIPHeader clientHostnameHeader timezone framing", ROWS),
    ("source syslogtcp format.regex format.search format.replace format.dateFormat", ROWS),
    ("source syslogtcp ssl keystore keystore-password keystore-type", "tls::syslog_over_tls_comes_from_each_kind_of_key_store"),
    ("source syslogtcp exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites client-auth truststore truststore-password", SERVED),
    ("source syslogudp host port eventSize keepFields clientIPHeader clientHostnameHeader timezone", ROWS),
    ("source syslogudp format.regex format.search format.replace format.dateFormat", ROWS),
    ("source multiport_syslogtcp host ports eventSize keepFields clientIPHeader clientHostnameHeader portHeader", ROWS),
    ("source multiport_syslogtcp timezone charset.default", ROWS),
    ("source multiport_syslogtcp batchSize readBufferBytes", "source_counts::so_many_messages_of_a_read_are_put_together"),
    ("source multiport_syslogtcp charset.port.<p>", "network_keys::a_port_has_its_charset"),
    ("source taildir filegroups filegroups.<g> filegroups.<g>.glob positionFile skipToEnd idleTimeout", TAIL),
    ("source taildir writePosInterval batchSize maxBatchCount cachePatternMatching fingerprint renamed", TAIL),
    ("source taildir headers.<g>.<k> byteOffsetHeader fileHeader fileHeaderKey", "taildir::headers_of_the_group_the_file_and_the_offset_are_there_and_no_others"),
    ("source taildir backoffSleepIncrement maxBackoffSleep", "polled_keys::a_taildir_source_looks_again_after_the_pauses_of_its_keys"),
    ("source stress backoffSleepIncrement maxBackoffSleep", "polled_keys::a_stress_source_pauses_by_its_keys_when_its_channel_refuses"),
    ("source spooldir spoolDir fileSuffix deletePolicy includePattern ignorePattern trackerDir", SPOOL),
    ("source spooldir trackingPolicy consumeOrder recursiveDirectorySearch batchSize inputCharset", SPOOL),
    ("source spooldir decodeErrorPolicy deserializer", SPOOL),
    ("source spooldir fileHeader fileHeaderKey basenameHeader basenameHeaderKey", "spooldir::headers_name_the_file"),
    ("deserializer avro schemaType", "spool_states::avro_files_are_read_as_a_real_flume_reads_them"),
    ("source spooldir pollDelay", "spool_states::files_that_come_later_are_found_after_poll_delay"),
    ("source spooldir maxBackoff", "spool_states::a_source_whose_channel_stays_full_pauses_no_longer_than_max_backoff"),
    ("channel memory capacity transactionCapacity keep-alive", LIMITS),
    ("channel memory byteCapacityBufferPercentage byteCapacity", SLOTS),
    ("channel pseudotxnmemory capacity keep-alive", LIMITS),
    ("channel file capacity transactionCapacity keep-alive", LIMITS),
    ("channel file dataDirs checkpointDir useDualCheckpoints backupCheckpointDir checkpointOnClose maxFileSize", STORED),
    ("channel file checkpointInterval", "channel_limits::a_checkpoint_is_written_when_its_interval_is_over"),
    ("channel file minimumRequiredSpace", NO_SPACE),
    ("channel file fsyncPerTransaction fsyncInterval", SYNC),
    ("channel file strictRecovery", STRICT),
    ("channel file encryption.activeKey encryption.keyProvider encryption.keyProvider.keys", STORED),
    ("channel file encryption.cipherProvider encryption.keyProvider.keys.<k>.file", STORED),
    ("channel spillablememory memoryCapacity overflowCapacity transactionCapacity", LIMITS),
    ("channel spillablememory byteCapacityBufferPercentage byteCapacity avgEventSize", SLOTS),
    ("channel spillablememory overflowTimeout overflowDeactivationThreshold", "channel_limits::events_overflow_after_the_timeout_and_until_enough_memory_is_free"),
    ("channel spillablememory dataDirs checkpointDir useDualCheckpoints backupCheckpointDir", STORED),
    ("channel spillablememory checkpointOnClose maxFileSize", STORED),
    ("channel spillablememory checkpointInterval", "channel_limits::a_checkpoint_is_written_when_its_interval_is_over"),
    ("channel spillablememory minimumRequiredSpace", NO_SPACE),
    ("channel spillablememory fsyncPerTransaction fsyncInterval", SYNC),
    ("channel spillablememory strictRecovery", STRICT),
    ("channel spillablememory encryption.activeKey encryption.keyProvider encryption.keyProvider.keys", STORED),
    ("channel spillablememory encryption.cipherProvider encryption.keyProvider.keys.<k>.file", STORED),
    ("sink avro hostname port compression-type", AVRO),
    ("sink avro hosts hosts.<alias> client.type host-selector batch-size", HOSTS),
    ("sink avro ssl truststore truststore-password trust-all-certs", AVRO_TLS),
    ("sink thrift hosts hosts.<alias> hostname port", THRIFT),
    ("sink thrift batch-size protocol", "thrift::the_sizes_and_the_protocol_of_calls_are_those_of_the_keys"),
    ("sink thrift connect-timeout request-timeout", "thrift::a_server_has_the_time_of_the_keys"),
    ("sink thrift reset-connection-interval", "thrift::connections_are_made_anew_after_the_interval_of_either_name"),
    ("sink avro connect-timeout request-timeout", "rpc_keys::an_avro_server_has_the_time_of_the_keys"),
    ("sink avro reset-connection-interval", "rpc_keys::an_avro_connection_is_made_anew_after_the_interval_of_either_name"),
    ("sink avro max-attempts", "rpc_keys::so_many_hosts_are_tried_before_a_delivery_has_failed"),
    ("sink avro backoff maxBackoff", "rpc_keys::a_host_that_failed_is_left_out_with_backoff_for_the_longest_time_at_most"),
    ("sink avro compression-level", "rpc_keys::what_is_sent_is_compressed_at_the_level_of_the_key"),
    ("sink avro compression-tls-order", ORDER),
    ("sink avro exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites", CLIENT),
    ("sink avro truststore-type", TRUST_STORES),
    ("sink avro verify-hostname", NAME),
    ("sink thrift ssl truststore truststore-password", THRIFT_TLS),
    ("sink thrift max-attempts", "rpc_keys::so_many_hosts_are_tried_before_a_delivery_has_failed"),
    ("sink thrift maxConnections", "rpc_keys::calls_of_a_delivery_go_over_as_many_connections_as_there_may_be"),
    ("sink thrift client.type", "rpc_keys::a_thrift_sink_sends_to_its_first_host_whatever_its_client_is"),
    ("sink thrift exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites", CLIENT),
    ("sink thrift truststore-type", TRUST_STORES),
    ("sink thrift verify-hostname", NAME),
    ("sink http endpoint contentTypeHeader acceptHeader", POST),
    ("sink http connectTimeout requestTimeout", POST_TIME),
    ("sink http defaultRollback rollback.<CODE>", POST_AGAIN),
    ("sink http defaultBackoff backoff.<CODE>", POST_LATER),
    ("sink http defaultIncrementMetrics incrementMetrics.<CODE>", POST_COUNTS),
    ("sink http truststore truststore-password truststore-type", TRUST_STORES),
    ("sink http exclude-protocols include-protocols include-cipher-suites exclude-cipher-suites", CLIENT),
    ("sink http verify-hostname", NAME),
    ("selector replicating optional", "routing::a_replicating_selector_gives_all_to_all_and_an_optional_channel_goes_without"),
    ("selector multiplexing header mapping.<value> default optional.<value>", CHOICE),
    ("selector load_balancing policy", "routing::a_load_balancing_selector_gives_each_event_to_one_channel"),
    ("processor failover priority.<sink>", "routing::a_failover_group_follows_its_priorities"),
    ("processor failover maxpenalty", "routing::a_sink_that_failed_rests_for_its_penalty_and_no_longer"),
    ("processor load_balance selector", "routing::a_load_balance_group_shares_its_batches"),
    ("processor load_balance backoff selector.maxTimeOut", "routing::with_backoff_a_sink_that_failed_is_left_out"),
    ("extractor millis pattern", INTERCEPTED),
    ("serializer text appendNewline", SERIALIZED),
    ("serializer header_and_text appendNewline", SERIALIZED),
    ("serializer avro_event syncIntervalBytes compressionCodec", "local::file_roll_writes_container_files_of_avro"),
    ("deserializer line maxLineLength outputCharset stripCarriageReturn", SPOOL),
    ("deserializer blob maxBlobLength", SPOOL),
    ("handler blob maxBlobLength mandatoryParameters", "network_keys::each_limit_of_http_holds"),
    ("filter external command", "running::an_external_filter_is_asked_and_its_failure_is_an_error"),
    ("filter external charset", "running::what_an_external_filter_prints_is_of_its_charset"),
];

const SECTIONS: [(Section, &str); 12] = [
    (Section::Source, "source"),
    (Section::Channel, "channel"),
    (Section::Sink, "sink"),
    (Section::Selector, "selector"),
    (Section::SinkProcessor, "processor"),
    (Section::Interceptor, "interceptor"),
    (Section::ExtractorSerializer, "extractor"),
    (Section::Serializer, "serializer"),
    (Section::Deserializer, "deserializer"),
    (Section::HttpHandler, "handler"),
    (Section::PathManager, "path_manager"),
    (Section::ConfigFilter, "filter"),
];

fn split(row: &str) -> impl Iterator<Item = String> {
    let mut words = row.split(' ');
    let of = [words.next().unwrap(), words.next().unwrap()].join(" ");
    let keys: Vec<String> = words.map(|key| format!("{of} {key}")).collect();
    keys.into_iter()
}

/// What has an effect of its own; the rest is shown by what a check says of it.
fn has_effect(key: &Key) -> bool {
    matches!(key.ours, Ours::Same | Ours::New)
}

/// `kind type key` of all that runs.
fn keys() -> BTreeSet<String> {
    let registry = Registry::builtin();
    let of = |(section, kind): (Section, &str)| {
        let runs = all(section).filter(|component| registry.runs(component));
        let keys = runs.flat_map(|component| {
            let keys = component.keys.iter().copied().flatten().filter(|key| has_effect(key));
            keys.map(move |key| [kind, component.name, key.name].join(" ")).collect::<Vec<_>>()
        });
        keys.collect::<Vec<_>>()
    };
    SECTIONS.into_iter().flat_map(of).collect()
}

/// Rows and tests, with those that stand beside their tests.
fn rows() -> Vec<(String, String)> {
    let here = SHOWN.iter().map(|(row, test)| ((*row).to_owned(), (*test).to_owned()));
    let local = local::SHOWN.iter().map(|(row, test)| ((*row).to_owned(), format!("local::{test}")));
    let of = |row: &interceptors::Row| (format!("interceptor {}", row.0), INTERCEPTED.to_owned());
    here.chain(local).chain(interceptors::ROWS.iter().map(of)).collect()
}

fn shown() -> BTreeSet<String> {
    rows().iter().flat_map(|(row, _)| split(row)).collect()
}

#[test]
fn no_key_of_a_component_that_runs_is_forgotten() {
    let (keys, shown) = (keys(), shown());
    assert!(keys.len() > 150, "{} keys", keys.len());
    let missing: Vec<&String> = keys.difference(&shown).collect();
    assert!(missing.is_empty(), "no test shows what they do: {missing:#?}");
    let unknown: Vec<&String> = shown.difference(&keys).collect();
    assert!(unknown.is_empty(), "no such keys: {unknown:#?}");
}

#[test]
fn the_tests_that_are_named_are_there_and_name_the_keys() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is"));
    for (row, test) in rows() {
        let (module, function) = test.split_once("::").unwrap();
        let text = fs::read_to_string(root.join("tests/it").join(module).with_extension("rs")).unwrap();
        assert!(text.contains(&format!("fn {function}()")), "{row}: {test}");
        let stores = fs::read_to_string(root.join("tests/it/tls.rs")).unwrap();
        let text = if text.contains("use crate::tls") { text + &stores } else { text };
        for key in split(&row) {
            let name = key.rsplit(' ').next().unwrap().split('<').next().unwrap();
            assert!(text.contains(name), "{key} is not in {module}");
        }
    }
}
