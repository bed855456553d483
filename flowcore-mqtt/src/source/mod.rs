//! Messages of subscribed topics.
//!
//! - **Acknowledged when** all channels have delivered the message, or the topology is through with it: only
//!   then the broker hears PUBACK (QoS 1) or PUBREC (QoS 2). It must hear its answers in the order of its
//!   messages, so one that takes long holds up the answers to those behind it, and with
//!   [`max_in_flight`](crate::MqttConfig::max_in_flight) of them nothing more is read.
//! - **What is not delivered** is handed on again from memory, after a pause.
//! - **What can repeat:** with a session that the broker remembers, what it did not hear an answer to comes
//!   again after a connection broke. While it is still under way here it is recognised, by its number and its
//!   content, and not handed on twice; at QoS 1, one whose answer was lost is. QoS 2 is exactly once while the
//!   process lives; after a crash, what was taken and not answered comes again, to the new process. With 3.1.1 and
//!   connections that are cut again and again, messages of QoS 2 have been seen to repeat: use MQTT 5 for them.
//! - **What can be lost:** at QoS 0 what is under way when the process or the connection ends; at any QoS what is
//!   published while a client without a [persistent session](crate::Session::Persistent) is away.
//! - **Order** is that of the broker for each topic, but for what is handed on again.
//! - **When the broker is away** it connects again for ever, with bounded pauses. A missing permission, a wrong
//!   password or, where the broker tells, another client with our client id ends the component at once.
//!
//! Of a persistent session the broker keeps messages from the first connection on. Of a shared subscription
//! (`$share/group/filter`) each message goes to one client of the group; MQTT 5.

mod config;
mod mqtt_source;
mod mqtt_spout;

pub use config::MqttSourceConfig;
pub use mqtt_source::MqttSource;
pub use mqtt_spout::MqttSpout;
