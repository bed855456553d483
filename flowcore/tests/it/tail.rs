//! The tail source, one behaviour after the other.
