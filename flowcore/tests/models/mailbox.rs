//! The queue between two tasks: bounded, in order for each sender, counted.

use std::future::poll_fn;
use std::sync::Arc;

use loom::thread;

use super::base::{Completion, Work};
use super::process::batch::{Load, Parcel, Pool, Segment, Selection};
use super::process::engine::{Counters, Inbox, MailboxReceiver, MailboxSender, Notice, mailbox};
use super::process::tuple::TupleBatch;
use super::{block_on, explore};

fn load_of(tuples: &[u64]) -> Load<u64> {
    let mut load = Pool::<u64>::new().load();
    for &tuple in tuples {
        TupleBatch::<u64>::push(&mut load.items, tuple);
    }
    load.roots.extend_to(u32::try_from(tuples.len()).unwrap(), 0);
    load
}

fn parcel(tuples: &[u64], work: Work) -> Parcel<u64> {
    let end = u32::try_from(tuples.len()).unwrap();
    Parcel::new(Arc::new(load_of(tuples)), Selection::Range(0, end), vec![Segment { work, end }])
}

/// The first tuple of the next parcel, whose work is then over.
fn receive(receiver: &mut MailboxReceiver<u64>) -> Option<u64> {
    let mut parcel = block_on(poll_fn(|cx| receiver.poll_receive(cx)))?.parcel?;
    parcel.segment = parcel.segments.len();
    TupleBatch::<u64>::get(&parcel.load.items, 0).copied()
}

fn send_all(sender: &MailboxSender<u64>, firsts: [u64; 2]) {
    for first in firsts {
        block_on(sender.send(parcel(&[first, 0], Work::default())));
    }
}

#[test]
fn every_parcel_arrives_in_its_senders_order_and_the_level_comes_back_to_zero() {
    explore("two senders, room for one parcel, one receiver", Some(2), || {
        let counters = Arc::new(Counters::default());
        let (sender, mut receiver) = mailbox(1, Arc::clone(&counters));
        let elsewhere = {
            let sender = sender.clone();
            thread::spawn(move || send_all(&sender, [10, 11]))
        };
        let here = thread::spawn(move || send_all(&sender, [20, 21]));
        let mut seen = Vec::new();
        while let Some(first) = receive(&mut receiver) {
            // One parcel in the queue, and one that its sender is about to put there.
            assert!(counters.waiting.get() <= 4, "{} tuples wait", counters.waiting.get());
            seen.push(first);
        }
        let of = |ten: u64| seen.iter().copied().filter(|first| first / 10 == ten).collect::<Vec<_>>();
        assert_eq!((of(1), of(2)), (vec![10, 11], vec![20, 21]));
        assert_eq!(counters.waiting.get(), 0);
        elsewhere.join().unwrap();
        here.join().unwrap();
    });
}

/// A task ends while others send to it: what it did not take has failed, wherever it was.
#[test]
fn what_is_sent_to_a_task_that_ends_fails_and_is_forgotten_nowhere() {
    explore("the receiver goes while parcels are sent", None, || {
        let inbox = Arc::new(Inbox::default());
        let counters = Arc::new(Counters::default());
        let (sender, mut receiver) = mailbox(1, counters);
        let work = Work::root(Arc::clone(&inbox) as Arc<dyn Completion>, 1);
        let thread = thread::spawn(move || {
            for first in [10, 11] {
                block_on(sender.send(parcel(&[first], work.clone())));
            }
        });
        let taken = receive(&mut receiver);
        assert_eq!(taken, Some(10));
        drop(receiver);
        thread.join().unwrap();
        let mut notices = Vec::new();
        inbox.drain_into(&mut notices);
        let [Notice::Settled(1, failures)] = &notices[..] else { unreachable!("settled once") };
        assert_eq!(failures.len(), 1, "the second one");
    });
}
