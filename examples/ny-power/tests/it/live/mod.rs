//! Following the operator's files.

mod follower;
mod operator;
mod poll;
mod program;
mod weather;
