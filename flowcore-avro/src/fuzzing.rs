//! What fuzz targets reach of this crate.

pub use crate::transport::fuzzing::{deflated, inflated};
