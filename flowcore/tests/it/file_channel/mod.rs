//! The file channel: beside `channels`, which every channel must pass.

mod checkpoints;
mod crash;
mod damage;
mod encryption;
mod folders;
mod full;
mod killed;
mod recovery;
mod world;
