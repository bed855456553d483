//! Coffee orders, counted: the domain behind the program `coffee-orders`.
//!
//! An [`order`] is one JSON line. [`statistics`] counts orders, [`cover`] remembers which lines were counted,
//! [`bucket`] says which stretch of time they belong to, and a [`store`] keeps counts and cover together in
//! one transaction: so after a crash every line is counted exactly once. The [`generator`] writes orders,
//! [`rejects`] keeps the lines that are none, and [`document`] prints what was counted.

pub mod agent;
pub mod bucket;
pub mod cli;
pub mod cover;
pub mod document;
pub mod embedded;
pub mod generator;
mod lines;
pub mod order;
pub mod packet;
pub mod queue;
pub mod rejects;
pub mod run;
pub mod statistics;
pub mod store;
pub mod topology;
pub mod web;
