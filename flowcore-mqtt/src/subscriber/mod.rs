//! Subscribes: hands messages on, and acknowledges each to the broker when it is settled.

mod driver;
mod handle;
mod inbox;

pub(crate) use handle::{Delivery, Subscriber};
