//! The connector with a real broker.
