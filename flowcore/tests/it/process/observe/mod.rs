//! What a topology tells about itself.

mod events;
mod explain;
mod explanation;
mod overdue;
mod random;
mod rates;
mod tap;
