//! The columnar container of timely's example `columnar.rs` (MIT licence, the timely dataflow authors).

pub use container::Column;
mod container {

    use columnar::bytes::stash::Stash;

    #[derive(Clone, Default)]
    pub struct Column<C> {
        pub stash: Stash<C, timely_bytes::arc::Bytes>,
    }

    use columnar::bytes::indexed;
    use columnar::common::IterOwn;
    use columnar::{Index, Len};

    impl<C: columnar::ContainerBytes> Column<C> {
        /// Borrows the contents no matter their representation.
        #[inline(always)]
        pub fn borrow(&self) -> C::Borrowed<'_> {
            self.stash.borrow()
        }
    }

    impl<C: columnar::ContainerBytes> timely::Accountable for Column<C> {
        #[inline]
        fn record_count(&self) -> i64 {
            i64::try_from(self.borrow().len()).unwrap()
        }
        #[inline]
        fn is_empty(&self) -> bool {
            self.borrow().is_empty()
        }
    }
    impl<C: columnar::ContainerBytes> timely::container::DrainContainer for Column<C> {
        type Item<'a> = C::Ref<'a>;
        type DrainIter<'a> = IterOwn<C::Borrowed<'a>>;
        fn drain<'a>(&'a mut self) -> Self::DrainIter<'a> {
            self.borrow().into_index_iter()
        }
    }

    impl<C: columnar::ContainerBytes> timely::container::SizableContainer for Column<C> {
        fn at_capacity(&self) -> bool {
            match &self.stash {
                Stash::Typed(t) => {
                    let length_in_bytes = 8 * indexed::length_in_words(&t.borrow());
                    length_in_bytes >= (1 << 20)
                }
                Stash::Bytes(_) => true,
                Stash::Align(_) => true,
            }
        }
        fn ensure_capacity(&mut self, _stash: &mut Option<Self>) {}
    }

    impl<C: columnar::Container + columnar::ContainerBytes, T> timely::container::PushInto<T> for Column<C>
    where
        C: columnar::Push<T>,
    {
        #[inline]
        fn push_into(&mut self, item: T) {
            use columnar::Push;
            self.stash.push(item)
        }
    }

    impl<C: columnar::ContainerBytes> timely::dataflow::channels::ContainerBytes for Column<C> {
        fn from_bytes(bytes: timely::bytes::arc::Bytes) -> Self {
            Self { stash: Stash::try_from_bytes(bytes).expect("valid columnar data") }
        }
        fn length_in_bytes(&self) -> usize {
            self.stash.length_in_bytes()
        }
        fn into_bytes<W: ::std::io::Write>(&self, writer: &mut W) {
            self.stash.write_bytes(writer).expect("write failed")
        }
    }
}

pub use builder::ColumnBuilder;
mod builder {

    use super::Column;
    use columnar::bytes::{indexed, stash::Stash};
    use std::collections::VecDeque;

    /// A container builder for `Column<C>`.
    #[derive(Default)]
    pub struct ColumnBuilder<C> {
        /// Container that we're writing to.
        current: C,
        /// Empty allocation.
        empty: Option<Column<C>>,
        /// Completed containers pending to be sent.
        pending: VecDeque<Column<C>>,
    }

    impl<C: columnar::ContainerBytes, T> timely::container::PushInto<T> for ColumnBuilder<C>
    where
        C: columnar::Push<T>,
    {
        #[inline]
        fn push_into(&mut self, item: T) {
            self.current.push(item);
            // If there is less than 10% slop with 2MB backing allocations, mint a container.
            let words = indexed::length_in_words(&self.current.borrow());
            let round = (words + ((1 << 18) - 1)) & !((1 << 18) - 1);
            if round - words < round / 10 {
                let mut alloc = Vec::with_capacity(round);
                indexed::encode(&mut alloc, &self.current.borrow());
                self.pending.push_back(Column { stash: Stash::Align(alloc.into_boxed_slice().into()) });
                self.current.clear();
            }
        }
    }

    use timely::container::{ContainerBuilder, LengthPreservingContainerBuilder};
    impl<C: columnar::ContainerBytes> ContainerBuilder for ColumnBuilder<C> {
        type Container = Column<C>;

        #[inline]
        fn extract(&mut self) -> Option<&mut Self::Container> {
            if let Some(container) = self.pending.pop_front() {
                self.empty = Some(container);
                self.empty.as_mut()
            } else {
                None
            }
        }

        #[inline]
        fn finish(&mut self) -> Option<&mut Self::Container> {
            if !self.current.is_empty() {
                self.pending.push_back(Column { stash: Stash::Typed(std::mem::take(&mut self.current)) });
            }
            self.empty = self.pending.pop_front();
            self.empty.as_mut()
        }

        #[inline]
        fn relax(&mut self) {
            // The caller is responsible for draining all contents; assert that we are empty.
            // The assertion is not strictly necessary, but it helps catch bugs.
            assert!(self.current.is_empty());
            assert!(self.pending.is_empty());
            *self = Self::default();
        }
    }

    impl<C: columnar::ContainerBytes> LengthPreservingContainerBuilder for ColumnBuilder<C> {}
}
