//! How much CO2 a kilowatt-hour of New York's grid costs: the domain behind the program `ny-power`.

pub mod archive;
pub mod broker;
pub mod http;
pub mod live;
pub mod messages;
pub mod web;
