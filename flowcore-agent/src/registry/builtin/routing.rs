//! Channel selectors, sink processors and config filters.

use super::Family;
use crate::keys::Section;

pub(super) const FAMILY: Family = Family {
    register: |registry| registry,
    parts: &[
        (Section::Selector, "replicating"),
        (Section::Selector, "multiplexing"),
        (Section::SinkProcessor, "default"),
        (Section::ConfigFilter, "env"),
        (Section::ConfigFilter, "external"),
    ],
    not_yet: &[],
};
