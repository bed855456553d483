//! How much CO2 a kilowatt-hour of New York's grid costs: the domain behind the program `ny-power`.
//!
//! [`reading`] turns the operator's files into [`interval`]s of seven [`row`]s, each with its [`stamp`] and its
//! [`fuel`], and says what it refuses. [`intensity`] computes grams of CO2 a kilowatt-hour. [`publication`] makes
//! the [`messages`] of an interval. An [`input`] is a saved file, a zip or a folder, and the [`generator`] makes days
//! for who has none.

pub mod archive;
pub mod broker;
pub mod cli;
pub mod compute;
mod excerpt;
pub mod fuel;
pub mod generator;
pub mod http;
pub mod input;
pub mod intensity;
pub mod interval;
mod lines;
pub mod live;
pub mod messages;
pub mod password;
pub mod publication;
pub mod reading;
pub mod row;
pub mod run;
pub mod stamp;
pub mod topology;
pub mod web;
