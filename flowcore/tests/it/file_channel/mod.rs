//! The file channel: beside `channels`, which every channel must pass.

mod crash;
mod damage;
mod encryption;
mod full;
mod killed;
mod recovery;
mod world;
