//! What a topology tells about itself.

mod events;
mod explain;
mod explanation;
