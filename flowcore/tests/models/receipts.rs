//! Who issued a token hears of its answer.

use std::sync::Arc;

use loom::thread;

use super::base::Receipts;
use super::{block_on, explore, join};

#[test]
fn a_receipt_arrives_for_every_token_that_other_threads_answer() {
    explore("two threads answer, the issuer waits", Some(4), || {
        let receipts = Arc::new(Receipts::new());
        let threads = [(1, true), (2, false)].map(|(id, ok)| {
            let token = receipts.token(id);
            thread::spawn(move || if ok { token.ack() } else { drop(token) })
        });
        let mut seen: Vec<_> = (0..2)
            .map(|_| block_on(receipts.next()))
            .map(|receipt| (receipt.id, receipt.outcome.is_ok()))
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, [(1, true), (2, false)]);
        assert_eq!(receipts.outstanding(), 0);
        join(threads);
    });
}
