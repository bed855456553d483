//! A connection to a broker: how it is made, what is written and read, how its silence is noticed.

mod connection;
mod dialer;
mod keep_alive;
mod stream;
mod tls;

pub(crate) use connection::{Broken, Connection};
pub(crate) use dialer::Dialer;
