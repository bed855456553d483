use super::Family;
use crate::keys::Section;

pub(super) const FAMILY: Family = Family {
    register: |registry| registry,
    parts: &[(Section::Serializer, "text")],
    not_yet: &[(Section::Serializer, "text", &["appendNewline"])],
};
