//! The program `flowcore`.
fn main() {}
