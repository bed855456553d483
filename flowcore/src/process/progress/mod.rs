//! How far a spout is with its source, so that the source can be told.
//!
//! A spout is told through tokens when its tuples are safe ([`Outputs::cover`](super::Outputs::cover)). What it
//! then has to tell its source depends on the source:
//!
//! | source | what it wants to hear | who keeps count |
//! |---|---|---|
//! | a log (Kafka, a file) | one offset for each partition: everything before it is safe | [`PartitionOffsets`], [`OffsetTracker`] |
//! | a queue (AMQP, SQS) | an answer for each delivery, or one for all up to a tag | [`DeliveryTags`] |

mod delivery_tags;
mod offset_tracker;
mod partition_offsets;

pub use delivery_tags::{DeliveryTags, TagAnswer, TagError};
pub use offset_tracker::{Offered, OffsetError, OffsetTracker};
pub use partition_offsets::{OffsetProgress, PartitionOffsets};
