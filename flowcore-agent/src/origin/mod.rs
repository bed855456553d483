//! Where a configuration comes from: files, and what a web server has.

mod address;
mod backup;
mod basic;
mod contents;
mod fetch;

pub(crate) use address::{AddressError, WebAddress, origin};
pub(crate) use backup::Backup;
pub(crate) use contents::{Contents, Credentials, Origin, Origins, ReadError, content, contents};
