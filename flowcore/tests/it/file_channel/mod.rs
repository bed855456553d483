//! The file channel: beside `channels`, which every channel must pass.

mod crash;
mod damage;
mod full;
mod killed;
mod recovery;
mod world;
