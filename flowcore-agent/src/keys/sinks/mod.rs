mod hdfs;
mod kafka;
mod local;
mod network;
mod second;

use super::component::ComponentType;
use super::key::{INT, Key, Kind, count, key, text};
use super::{Section, tls};

pub(super) const ALL: &[&[ComponentType]] = &[local::ALL, network::ALL, hdfs::ALL, kafka::ALL, second::ALL];

const fn sink(name: &'static str, classes: &'static [&'static str]) -> ComponentType {
    ComponentType::new(Section::Sink, name, classes)
}
