//! What is acknowledged when, and what becomes of tuples that fail.

mod dead_letters;
mod deadlines;
mod execute_deadline;
mod feedback;
mod outcomes;
mod retry;
mod trees;
mod unanchored;
