//! What roots tell a spout's task arrives, whenever the task looks.

use std::sync::Arc;

use loom::thread;

use super::base::{DeliveryError, LossKind, Work};
use super::process::engine::{Inbox, Notice};
use super::{block_on, explore, join};

/// Reads until so many roots are settled. A wake-up that is lost is a deadlock, which loom finds.
fn read_until_settled(inbox: &Inbox, roots: usize) -> Vec<(u64, Vec<u32>)> {
    let (mut settled, mut notices) = (Vec::new(), Vec::new());
    while settled.len() < roots {
        inbox.drain_into(&mut notices);
        for notice in notices.drain(..) {
            if let Notice::Settled(root, failures) = notice {
                settled.push((root, failures.into_iter().map(|failure| failure.index).collect()));
            }
        }
        if settled.len() < roots {
            block_on(inbox.arrived());
        }
    }
    settled.sort();
    settled
}

#[test]
fn a_task_hears_of_every_root_that_other_threads_settle() {
    explore("two threads settle a root each, the spout's task waits", Some(4), || {
        let inbox = Arc::new(Inbox::default());
        let threads = [1, 2].map(|root| {
            let work = Work::root(Arc::clone(&inbox) as _, root);
            thread::spawn(move || {
                if root == 2 {
                    work.fail(5, DeliveryError::new("test", LossKind::Failed));
                }
                drop(work);
            })
        });
        assert_eq!(read_until_settled(&inbox, 2), [(1, vec![]), (2, vec![5])]);
        join(threads);
    });
}

#[test]
fn a_task_hears_that_a_root_is_settled_whether_or_not_it_was_done_before() {
    explore("a root is done in one thread and settled in another", Some(4), || {
        let inbox = Arc::new(Inbox::default());
        let work = Work::root(Arc::clone(&inbox) as _, 1);
        let token = work.token(0);
        let threads = [thread::spawn(move || drop(work)), thread::spawn(move || token.ack())];
        assert_eq!(read_until_settled(&inbox, 1), [(1, vec![])]);
        join(threads);
    });
}

/// The engine waits in a `select!`, which drops what lost: nothing may be lost with it.
#[test]
fn a_wait_that_is_given_up_takes_no_wake_up_with_it() {
    explore("a wait for notices is dropped while one arrives", None, || {
        let inbox = Arc::new(Inbox::default());
        let work = Work::root(Arc::clone(&inbox) as _, 1);
        let thread = thread::spawn(move || drop(work));
        block_on(async {
            let mut arrived = std::pin::pin!(inbox.arrived());
            std::future::poll_fn(|cx| {
                let _ = arrived.as_mut().poll(cx);
                std::task::Poll::Ready(())
            })
            .await;
        });
        // It may have taken the wake-up: then the notice is there already.
        assert_eq!(read_until_settled(&inbox, 1), [(1, vec![])]);
        thread.join().unwrap();
    });
}
