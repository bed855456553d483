//! One suite for every archive, and what is particular to each.

mod embedded;
mod influx;
mod influx_hostile;
pub(crate) mod influx_server;
mod month;
mod program;
mod suite;
