//! The file channel: beside `channels`, which every channel must pass.

mod crash;
mod recovery;
mod world;
