//! The integration tests of flowcore, in one binary.

mod agent;
mod memory_channel;
mod seeds;
mod window_aggregate;
mod window_bolt;
mod window_count;
mod window_model;
mod window_spec;
mod window_time;
