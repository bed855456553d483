//! The tests of `flowcore-agent`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests throughout")]

mod avro_client;
mod channel_keys;
mod command_line;
mod confs;
mod embedded;
mod every_key;
mod exit_codes;
mod exposition;
mod fixed_confs;
mod following;
mod grammar;
mod interceptors;
mod key_tables;
mod local;
mod monitoring;
mod mutations;
mod network;
mod network_keys;
mod program;
mod reload;
mod routing;
mod running;
mod said;
mod scenario;
mod shown;
mod spooldir;
mod taildir;
mod thrift;
mod tls;
mod values;
mod wiring;
