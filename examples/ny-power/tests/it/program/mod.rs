//! The program as a user runs it: its roles as processes, around its own broker and around a real Mosquitto.

mod clock_change;
mod kill;
mod messages;
mod outage;
pub(crate) mod process;
mod refused;
pub(crate) mod replay;
pub(crate) mod site;
mod whole;
