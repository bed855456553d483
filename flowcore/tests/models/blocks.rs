//! Blocks of a file that one thread reads ahead and another one takes.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use loom::thread;

use super::base::DiskFile;
use super::tail::blocks::{Block, Blocks};
use super::{explore, join};

const SIZE: usize = 2;

/// Each byte is its own offset.
#[derive(Debug)]
struct Offsets;

impl DiskFile for Offsets {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        into.iter_mut().zip(offset..).for_each(|(byte, at)| *byte = u8::try_from(at).unwrap());
        Ok(into.len())
    }

    fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        unreachable!("it is read")
    }

    fn sync(&mut self) -> io::Result<()> {
        unreachable!("it is read")
    }

    fn size(&self) -> io::Result<u64> {
        unreachable!("its blocks are read")
    }

    fn identity(&self) -> io::Result<flowcore::base::FileIdentity> {
        unreachable!("its blocks are read")
    }
}

fn block(number: u64) -> Block {
    Block { from: number * SIZE as u64, buffer: BytesMut::zeroed(SIZE), end: 0 }
}

fn takes(blocks: &Blocks, number: u64) {
    let taken = blocks.take(&mut Offsets).unwrap();
    let from = number * SIZE as u64;
    assert_eq!((taken.from, taken.end), (from, SIZE));
    assert_eq!(taken.buffer[..], [from, from + 1].map(|at| u8::try_from(at).unwrap()));
}

#[test]
fn blocks_are_taken_in_order_and_read_once_by_whichever_thread() {
    explore("one thread reads three blocks, another one takes them and wants more", Some(3), || {
        let blocks = Arc::new(Blocks::of(Box::new(Offsets)));
        let mut file = blocks.want((0..3).map(block)).unwrap();
        let reader = Arc::clone(&blocks);
        let reader = thread::spawn(move || reader.read_wanted(file));
        (0..3).for_each(|number| takes(&blocks, number));
        let idle = blocks.want(std::iter::once(block(3)));
        takes(&blocks, 3);
        join([reader]);
        file = idle.or_else(|| blocks.want(std::iter::empty())).expect("the reader gave it back");
        blocks.read_wanted(file);
        assert_eq!(blocks.count(), 0);
    });
}

#[test]
fn blocks_that_nobody_wants_any_more_end_the_reader() {
    explore("one thread reads two blocks, another one forgets them", None, || {
        let blocks = Arc::new(Blocks::of(Box::new(Offsets)));
        let file = blocks.want((0..2).map(block)).unwrap();
        let reader = Arc::clone(&blocks);
        let reader = thread::spawn(move || reader.read_wanted(file));
        blocks.forget();
        join([reader]);
        assert_eq!(blocks.count(), 0);
        assert!(blocks.want(std::iter::empty()).is_some(), "the reader gave the file back");
    });
}
