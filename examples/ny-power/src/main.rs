//! The program `ny-power`: see `ny-power --help`.

fn main() {}
