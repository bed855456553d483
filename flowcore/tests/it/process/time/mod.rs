//! Event time in whole topologies.

mod build;
