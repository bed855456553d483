//! Coffee orders end to end.
fn main() {}
