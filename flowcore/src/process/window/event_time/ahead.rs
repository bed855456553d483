//! How the bolt adds many tuples: what waits for memory is asked for all of them at once.

use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::bolt::{EventWindowBolt, Results};
use super::{Core, Fill, Layout};
use crate::process::upcoming::{Few, Upcoming};
use crate::process::{Outputs, Tuple};

/// How many tuples are looked for at once: more than the reads of memory that a core has under way.
const FEW: u32 = 64;

impl<T, K, F, L> EventWindowBolt<T, K, F, L>
where
    T: Tuple + ToOwned + ?Sized,
    T::Owned: Send + Sync + 'static,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fill<T>,
    L: Layout,
{
    /// Adds tuples, up to those among which one is to be executed by itself. Returns from where on to go on so.
    pub(super) fn add_all(&mut self, tuples: &mut Upcoming<'_, T>, out: &Results<K, F, T, L>) -> u32 {
        while !tuples.is_empty() {
            let end = tuples.at() + tuples.len().min(FEW);
            self.add_few(tuples, out);
            if tuples.at() < end {
                return end;
            }
        }
        tuples.at()
    }

    /// Reads the next tuples, and looks where they belong: memory is waited for once for all of them.
    fn find_few<'a>(&mut self, tuples: &Upcoming<'a, T>, until: i64) -> [Option<&'a T>; FEW as usize] {
        let mut read = [None; FEW as usize];
        self.few.clear();
        let found = catch_unwind(AssertUnwindSafe(|| match tuples.few(FEW) {
            Few::Stretch(tuples) => self.find(tuples, &mut read, until),
            Few::Listed(tuples) => self.find(tuples, &mut read, until),
        }));
        if found.is_err() {
            // A function of the user's panics again when its tuple is executed by itself, which fails then.
            self.few.clear();
        }
        read
    }

    #[inline]
    fn find<'a>(
        &mut self,
        tuples: impl Iterator<Item = (u32, &'a T)>,
        read: &mut [Option<&'a T>],
        until: i64,
    ) {
        let Self { windows, timestamp, key, few, .. } = self;
        let (timestamp, key) = (&**timestamp, &**key);
        let soon = tuples.zip(read).map(|((root, tuple), read)| {
            *read = Some(tuple);
            (key(tuple), timestamp(tuple), root)
        });
        windows.find_few(few, soon, until);
    }

    /// Adds the next few tuples, up to the first one that is to be executed by itself.
    fn add_few(&mut self, tuples: &mut Upcoming<'_, T>, out: &Results<K, F, T, L>) {
        let until = out.now().as_millis().saturating_add(self.max_ahead);
        let read = self.find_few(tuples, until);
        let Self { windows, fill, few, .. } = self;
        let mut added = 0;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            windows.add_few(few, |pane, timestamp| {
                let Some(Some(tuple)) = read.get(added) else { return };
                fill.add(pane, tuple, timestamp);
                added += 1;
            });
        }));
        few.truncate(added);
        windows.keep_few(few, |tokens, word, bits| out.keep_word(word, bits, tokens));
        tuples.are_done(added);
        if let Err(panic) = panicked {
            // Of the next tuple: those before it are kept, and fail with the bolt.
            resume_unwind(panic);
        }
    }
}
