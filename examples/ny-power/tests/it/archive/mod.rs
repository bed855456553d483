//! One suite for every archive, and what is particular to each.

mod embedded;
mod influx;
mod influx_hostile;
mod influx_server;
mod month;
mod program;
mod suite;
