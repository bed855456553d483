//! What a topology tells about itself.

mod explain;
mod explanation;
