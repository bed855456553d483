mod certificate;
mod jars;
mod java;

pub use certificate::Certificate;
pub use jars::Flume;
pub use java::Java;
