//! Flume's configuration files, read, checked and run: the library of the program `flowcore`.

pub mod diagnostic;
pub mod keys;
pub mod properties;
