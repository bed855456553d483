//! What a topology tells about itself.

mod explanation;
