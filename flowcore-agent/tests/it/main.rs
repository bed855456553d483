//! The tests of `flowcore-agent`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests throughout")]

mod avro_client;
mod channel_keys;
mod channel_life;
mod channel_limits;
mod command_line;
mod confs;
mod embedded;
mod every_key;
mod exit_codes;
mod exposition;
mod fixed_confs;
mod flume_metrics;
mod following;
mod grammar;
mod guide;
mod http_sink_keys;
mod interceptors;
mod key_tables;
mod local;
mod monitoring;
mod mutations;
mod network;
mod network_keys;
mod polled_keys;
mod program;
mod reload;
mod routing;
mod rpc_keys;
mod running;
mod said;
mod scenario;
mod source_counts;
mod spool_states;
mod spooldir;
mod taildir;
mod thrift;
mod tls;
mod tls_keys;
mod two_ways;
mod values;
mod wiring;
