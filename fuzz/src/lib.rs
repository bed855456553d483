//! What the fuzz targets share.

mod channels;
mod segments;

use std::cell::RefCell;

use tokio::runtime::{Builder, Runtime};

pub use channels::{
    CHECKPOINT, LENGTH, LOG, content, copy_of, drain, encrypted, file_channel, patch, put, with_checkpoints,
};
pub use segments::Segments;

/// The first `N` bytes steer a target, the rest is what a peer sent. Inputs that are shorter say nothing.
pub fn steered<const N: usize>(input: &[u8]) -> Option<([u8; N], &[u8])> {
    let (steering, rest) = input.split_first_chunk()?;
    Some((*steering, rest))
}

/// `bytes` as reads of a connection bring them: `seed` says where they are cut.
pub fn reads(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let (mut rest, mut state) = (bytes, u64::from(seed));
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let most = if state >> 63 == 0 { 3 } else { 40 };
        let length = 1 + usize::try_from(state >> 33).unwrap_or(0) % most;
        let (read, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        (!read.is_empty()).then_some(read)
    })
}

/// Runs a future to its end, on a runtime that is kept.
pub fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    RUNTIME.with_borrow_mut(|runtime| {
        let build = || Builder::new_current_thread().enable_time().build().expect("a runtime is built");
        runtime.get_or_insert_with(build).block_on(future)
    })
}
