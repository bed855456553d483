//! Sources that read files: taildir and spooldir.

use super::Family;

pub(super) const FAMILY: Family = Family { register: |registry| registry, parts: &[], not_yet: &[] };
