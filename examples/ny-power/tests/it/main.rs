//! The parts of `ny-power` together.

mod archive;
mod broker;
mod input;
mod web;
