//! What a spout tells its source, against models that look at every offset and every delivery.

mod offsets;
mod tags;
