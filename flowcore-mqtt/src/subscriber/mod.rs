//! Subscribes: hands messages on, and acknowledges each to the broker when it is settled.

mod driver;
mod handle;
mod inbox;
#[cfg(test)]
mod inbox_model;

pub(crate) use handle::{Delivery, Subscriber};
