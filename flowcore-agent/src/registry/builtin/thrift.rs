//! Source and sink of Thrift RPC.

use super::Family;

pub(super) const FAMILY: Family = Family { register: |registry| registry, parts: &[], not_yet: &[] };
