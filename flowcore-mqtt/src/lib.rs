#![doc = include_str!("../README.md")]

mod address;
pub mod bolt;
mod client;
mod config;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod link;
mod message;
mod mqtt_client;
mod publish;
mod publisher;
mod publishes;
mod qos;
pub mod sink;
pub mod source;
mod subscriber;
mod topic;

pub use bolt::MqttBolt;
pub use config::{MqttConfig, Session, Version};
pub use error::{Error, ErrorKind};
pub use message::Message;
pub use mqtt_client::MqttClient;
pub use publish::Publish;
pub use publishes::Publishes;
pub use qos::QoS;
pub use sink::{MqttSink, MqttSinkConfig};
pub use source::{MqttSource, MqttSourceConfig, MqttSpout};
