use std::any::TypeId;
use std::fmt::Debug;

use crate::process::observe::OpenWindow;

/// The window with some of its keys, unless all tuples have the same key because there are none.
pub(super) fn with_keys<'a, K: Debug + 'static>(
    window: OpenWindow,
    count: usize,
    keys: impl IntoIterator<Item = &'a K>,
) -> OpenWindow {
    if TypeId::of::<K>() == TypeId::of::<()>() {
        return window;
    }
    window.keys(count as u64, keys.into_iter().map(|key| std::fmt::from_fn(move |f| key.fmt(f))))
}
