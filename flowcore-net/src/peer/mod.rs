//! Who is at the other end of a connection: [`HostNames`] finds the names of addresses, [`IpFilter`] lets in
//! whom its rules allow.
//!
//! Names are looked up by the system, on threads of their own, a few at a time and each for a bounded time;
//! what was found is kept for a while. So a slow name server holds up the connection that waits for it, and no
//! other.

mod host_names;
mod ip_filter;
mod ip_rules;
mod name_cache;
mod pattern;

pub use host_names::HostNames;
pub use ip_filter::IpFilter;
pub use ip_rules::{BadIpRule, IpRules};
