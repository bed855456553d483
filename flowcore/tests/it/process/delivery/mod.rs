//! What is acknowledged when, and what becomes of tuples that fail.

mod outcomes;
mod retry;
mod trees;
mod unanchored;
