//! Polling of the operator's public files.
