//! Whole agents that are killed, or whose disk is full, under load: what was committed arrives.
//!
//! A binary of its own: what it runs keeps the machine busy for a minute and more.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests throughout")]

mod disk;
mod far_agent;
mod full_disk;
mod kills;
mod lines;
mod million;
mod one_folder;
mod process;
