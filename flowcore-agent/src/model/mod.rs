//! What the properties say about agents and their components, before anything is checked.

mod agent;
mod build;
mod setting;

pub use agent::{AgentConfig, ComponentConfig, Config, Group};
pub use build::build;
pub use setting::Setting;
