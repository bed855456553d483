//! What tests start: installed from Debian's packages, or built from Go modules.

mod backports;
mod debian;
mod tools;

pub(crate) use debian::install;
pub(crate) use tools::build;
