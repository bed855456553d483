//! The integration tests of flowcore, in one binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails")]

mod agent;
mod bridge;
mod channel_concurrent;
mod channel_model;
mod channels;
mod exec;
mod file_channel;
mod memory_channel;
mod memory_disk;
mod probe_channel;
mod process;
mod rolling_file;
mod seeds;
mod seq_stress;
mod spillable_channel;
mod tail;
mod tail_agent;
mod tail_ahead;
mod tail_crash;
mod tail_generations;
mod tail_model;
mod tail_open_files;
mod tail_places;
mod ui;
mod window_aggregate;
mod window_bolt;
mod window_count;
mod window_model;
mod window_spec;
mod window_time;
