//! What components count, and how long their work takes: the numbers that monitoring shows.
//!
//! Every source, channel and sink has all counters of its kind. Most of them the agent counts itself: what goes
//! through a [`ChannelWriter`](super::ChannelWriter), a channel, or a sink's deliveries. What only a component
//! knows, such as its connections, it adds to the [`Counters`] of its
//! [`ComponentContext`](super::ComponentContext). All counts go by batch: none is on the way of a single event.

mod counted_channel;
mod counter;
mod counters;
mod delays;
mod moment;
mod set_aside;

pub use counter::Counter;
pub use counters::{Connected, Counters, Counts, Raised};
pub use delays::Delays;
pub use set_aside::{SetAside, SetAsideItem};

pub(crate) use counted_channel::{ChannelTally, CountedChannel};
pub(crate) use delays::DelayHistogram;
pub(crate) use moment::Moment;
