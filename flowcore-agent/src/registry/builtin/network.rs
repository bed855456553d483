//! Sources that listen: netcat, syslog and HTTP.

use super::Family;

pub(super) const FAMILY: Family = Family { register: |registry| registry, parts: &[], not_yet: &[] };
