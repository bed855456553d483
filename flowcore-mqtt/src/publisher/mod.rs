//! Publishes: keeps what is not answered, in its order, until a broker has answered it.

mod driver;
mod handle;
mod outbox;
#[cfg(test)]
mod outbox_model;
mod packet_ids;

pub(crate) use handle::Publisher;
pub(crate) use outbox::Job;
