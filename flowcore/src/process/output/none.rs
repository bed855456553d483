use std::future::{Future, ready};

use super::Outputs;
use super::intake::{Intake, Payload, Shipped};
use super::wiring::{Connect, Emitted, Wiring};
use crate::base::{Timestamp, Token, TokenSet, Work};
use crate::process::DeadLetter;
use crate::process::topology::{Output, StreamName};

/// For bolts at the end of a topology: they emit nothing.
#[derive(Debug, Default)]
pub struct NoOutput {
    work: Work,
    index: u32,
    now: Timestamp,
}

impl Outputs for NoOutput {
    type Streams = ();
    type DeadLetters = ();

    fn now(&self) -> Timestamp {
        self.now
    }

    fn keep(&mut self) -> Token {
        self.work.token(self.index)
    }

    fn keep_in(&mut self, set: &mut TokenSet) {
        set.keep(&self.work, self.index);
    }

    fn keep_alive(&mut self) {
        self.work.keep_alive();
    }

    fn cover(&mut self, token: Token) {
        token.ack();
    }
}

impl Wiring for NoOutput {
    type Handles = ();
    type Letters = ();
    type Intake = ();

    fn handles(_name: &StreamName) {}

    fn letters(_name: &StreamName) {}

    fn outputs((): &()) -> Vec<Output> {
        Vec::new()
    }

    fn of_bolt((): &(), _with: &Connect) -> Self {
        Self::default()
    }

    fn of_spout((): &(), (): &(), _with: &Connect) -> (Self, ()) {
        (Self::default(), ())
    }

    fn enter(&mut self, work: &Work, now: Timestamp) {
        self.work = work.clone();
        self.now = now;
    }

    #[inline]
    fn at(&mut self, index: u32) {
        self.index = index;
    }

    fn leave(&mut self) {
        self.work = Work::default();
    }

    #[inline]
    fn is_full(&self) -> bool {
        false
    }

    fn abandon(&mut self) {}

    fn take_overflow(&mut self) -> bool {
        false
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        None
    }

    fn flush(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }

    fn take_counts(&mut self) -> Emitted {
        Emitted::default()
    }
}

impl Intake<NoOutput> for () {
    fn absorb(&mut self, _out: &mut NoOutput) {}

    fn is_empty(&self) -> bool {
        true
    }

    fn is_full(&self) -> bool {
        false
    }

    fn len(&self) -> usize {
        0
    }

    fn ship(&mut self, _open: &mut Shipped<'_>) -> impl Future<Output = ()> + Send {
        ready(())
    }

    async fn handed_over(&mut self) {
        std::future::pending::<()>().await;
    }

    fn replay(
        &mut self,
        _payload: &Payload,
        _indices: &[u32],
        _work: Work,
    ) -> impl Future<Output = ()> + Send {
        ready(())
    }

    fn dead_letter(&mut self, _payload: &Payload, _letter: &DeadLetter) {}

    fn write(&mut self, _payload: &Payload, _letter: DeadLetter, cover: Token) -> Option<Token> {
        Some(cover)
    }

    fn post(&mut self, _shipped: &mut Shipped<'_>) -> impl Future<Output = ()> + Send {
        ready(())
    }

    fn disconnect(&mut self) {}
}
