//! One suite for every archive, and what is particular to each.

mod embedded;
mod month;
mod suite;
