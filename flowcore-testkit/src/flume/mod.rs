mod certificate;
mod jars;
mod java;
mod traffic;
mod way;

pub use certificate::Certificate;
pub use jars::Flume;
pub use java::Java;
pub use traffic::{arrive, by_number, deliver_all, end_well, numbered_events};
pub use way::FlumeWay;
