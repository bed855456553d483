//! The files in `deploy/`, as far as they can be checked without a container or a cluster.

mod api_server;
mod chart;
mod compose;
mod containerfile;
mod helm;
mod manifests;
mod password;
mod pods;
mod roles;
mod running;
mod values;

use std::path::{Path, PathBuf};

/// `deploy/`.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}
