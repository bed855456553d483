//! Flume's configuration files, read, checked and run: the library of the program `flowcore`.

pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod interpolate;
pub mod keys;
mod load;
pub mod model;
pub mod properties;

pub use load::{Checked, check_files, date_now, load_files, without_running};
